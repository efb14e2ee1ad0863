from runtime.conftest import Node

SECRET = "?sv=2024&sig=SECRET"


def described(node: Node, name: str, **more: object) -> dict[str, object]:
    url = f"{node.server.origin}/files/{name}{SECRET}"
    return {"type": "uri_file", "mode": "download", "uri": f"https://x/{name}", "url": url, **more}


def test_an_input_comes_over_http_under_its_own_name(node: Node) -> None:
    node.server.files["deep/rows%201.csv"] = b"1,2\n" * 500_000
    ended = node.run(
        'wc -c < "${{inputs.f}}"; basename "${{inputs.f}}"',
        inputs={"f": described(node, "deep/rows%201.csv", headers={"x-ms-version": "2024"})},
    )
    assert ended["status"] == "Completed"
    assert node.log == "2000000\nrows 1.csv\n"
    sent = {name.lower(): value for name, value in node.server.seen_headers[0].items()}
    assert sent["x-ms-version"] == "2024"


def test_a_download_is_tried_again(node: Node) -> None:
    node.server.files["a"], node.server.failures_left = b"there\n", 1
    node.run("cat ${{inputs.f}}", inputs={"f": described(node, "a")})
    assert node.log == "there\n"


def test_a_file_that_is_not_there_fails_the_job_without_telling_the_signature(node: Node) -> None:
    ended = node.run("echo ran", inputs={"f": described(node, "a")})
    assert (ended["status"], ended["error"]["code"]) == ("Failed", "InputUnavailable")
    assert "'f'" in ended["error"]["message"] and "404" in ended["error"]["message"]
    assert "SECRET" not in str(ended)


def test_a_folder_over_http_is_a_clear_failure(node: Node) -> None:
    ended = node.run("echo ran", inputs={"f": described(node, "a", type="uri_folder")})
    assert ended["error"]["code"] == "InputUnavailable"
    assert "folder" in ended["error"]["message"]


def test_only_http_is_fetched(node: Node) -> None:
    source = {"type": "uri_file", "mode": "download", "uri": "u", "url": "file:///etc/hostname"}
    ended = node.run("cat ${{inputs.f}}", inputs={"f": source})
    assert ended["error"]["code"] == "InputUnavailable"
    assert node.log == f"InputUnavailable: {ended['error']['message']}\n"
