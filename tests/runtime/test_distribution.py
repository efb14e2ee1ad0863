from runtime.conftest import Node

TORCH = {"distributionType": "PyTorch", "processCountPerInstance": 2}


def logs(node: Node) -> list[str]:
    folder = node.artifacts / "user_logs"
    return [(folder / f"std_log_process_{rank}.txt").read_text() for rank in (0, 1)]


def test_each_rank_has_its_number_and_its_log(node: Node) -> None:
    command = "echo $RANK $LOCAL_RANK $WORLD_SIZE $NODE_RANK $MASTER_ADDR $MASTER_PORT"
    ended = node.run(command, processes=2, distribution=TORCH)
    first, second = (log.split() for log in logs(node))
    assert ended["status"] == "Completed"
    assert (first[:5], second[:5]) == (
        ["0", "0", "2", "0", "127.0.0.1"],
        ["1", "1", "2", "0", "127.0.0.1"],
    )
    assert first[5] == second[5] and int(first[5]) > 0


def test_a_rank_that_fails_ends_the_others_and_is_the_cause(node: Node) -> None:
    command = 'if [ $RANK = 1 ]; then echo "rank 1 broke"; exit 6; fi; sleep 60; true'
    ended = node.run(command, processes=2, distribution=TORCH)
    assert (ended["status"], ended["exit_code"]) == ("Failed", 6)
    assert ended["error"]["message"] == "rank 1 broke"


def test_one_torch_process_knows_that_it_is_alone(node: Node) -> None:
    node.run("echo $RANK of $WORLD_SIZE", processes=1, distribution=TORCH)
    assert node.log == "0 of 1\n"


def test_a_distribution_that_cannot_be_had_is_named(node: Node) -> None:
    ended = node.run("echo ran", processes=4, distribution={"distributionType": "Mpi"})
    assert ended["status"] == "Failed" and "'mpi'" in ended["error"]["message"]
    assert "ran" not in node.log.split()
