"""Score -> what people and other systems read: pages, tables, `results.json`, `grades.csv`.

Takes verdicts and pictures; gives text. Must never show a hidden check's message to a student, nor let a student's text become
markup, a formula, a terminal sequence or a command of a CI runner.
"""
