"""The proof of an assignment: right answers get full marks, wrong ones lose the named check, damaged observations never pass."""
