from zafiro.runtime.logs import cause

TRACEBACK = """Traceback (most recent call last):
  File "train.py", line 3, in <module>
    main()
  File "train.py", line 2, in main
    raise ValueError("no rows in the table")
ValueError: no rows in the table"""


def test_the_exception_is_the_cause() -> None:
    lines = [f"epoch {n}" for n in range(100)] + TRACEBACK.split("\n")
    message, tail = cause(lines, 1)
    assert message == "ValueError: no rows in the table"
    assert tail.endswith(TRACEBACK)
    assert len(tail.split("\n")) == 40


def test_a_long_traceback_is_kept_whole() -> None:
    frames = [f'  File "a.py", line {n}, in f' for n in range(200)]
    lines = ["before", "Traceback (most recent call last):", *frames, "RecursionError: too deep"]
    message, tail = cause(lines, 1)
    assert message == "RecursionError: too deep"
    assert tail.split("\n") == lines[1:]


def test_a_chain_of_tracebacks_is_kept_whole() -> None:
    middle = "\nDuring handling of the above exception, another exception occurred:\n\n"
    first = TRACEBACK.replace("ValueError", "KeyError") + "\n" + "\n".join(["  x"] * 60)
    lines = ["before", *(first + "\n" + middle + TRACEBACK).split("\n")]
    message, tail = cause(lines, 1)
    assert message == "ValueError: no rows in the table"
    assert tail.startswith("Traceback") and "KeyError" in tail


def test_what_comes_soon_after_the_traceback_does_not_hide_it() -> None:
    lines = [*TRACEBACK.split("\n"), "", "View run at: https://somewhere", "bye"]
    assert cause(lines, 1)[0] == "ValueError: no rows in the table"


def test_an_exception_that_was_caught_long_ago_is_not_the_cause() -> None:
    lines = [*TRACEBACK.split("\n"), *["going on"] * 30, "error: --rate is required"]
    assert cause(lines, 2)[0] == "error: --rate is required"


def test_a_rank_in_front_of_each_line_is_taken_off() -> None:
    lines = [f"[rank1]: {line}" for line in TRACEBACK.split("\n")]
    assert cause(lines, 1)[0] == "ValueError: no rows in the table"


def test_the_last_line_is_the_cause_of_other_programs() -> None:
    assert cause(["a", "make: *** [all] Error 2"], 2)[0] == "make: *** [all] Error 2"


def test_silence_is_told_as_such() -> None:
    assert cause([], 4) == ("the command ended with exit code 4 and printed nothing", "")


def test_being_killed_is_told_with_its_usual_reason() -> None:
    assert "out of memory" in cause(["epoch 3"], 137)[0]
    assert cause(["epoch 3"], 139)[0] == "the command was ended by signal 11 (SIGSEGV)"
