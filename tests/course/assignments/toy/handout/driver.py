"""What is asked of the student's code."""


def mean(student, numbers) -> float:
    return student.mean(numbers)


def spread(student, numbers) -> dict[str, float]:
    shifted = [x + 10 for x in numbers]
    return {"value": student.spread(numbers), "shifted": student.spread(shifted)}
