"""The store over plain files, without a server."""

import os
import random
import threading
import time
from base64 import b64encode
from pathlib import Path

import pytest

from zafiro.blobs import loop
from zafiro.blobs.domain import APPEND, Clash, Refused, Traits, Wrong
from zafiro.blobs.service import Store, Upload, commit, lists, slot
from zafiro.core.errors import NotFound

A, C = "acct", "cont"


@pytest.fixture
def store(tmp_path: Path) -> Store:
    store = Store(tmp_path / "storage")
    store.create_container(A, C)
    return store


def names(store: Store, prefix: str = "") -> list[str]:
    return [blob.name for blob in store.list(A, C, prefix)]


def staged(store: Store, blob: str, block: bytes, content: bytes) -> None:
    room = slot(store, A, C, blob, len(content), digest=False)
    room.write([content])
    room.done(block)
    room.discard()


def committed(store: Store, blob: str, blocks: list[bytes]) -> bytes:
    wanted = [("Latest", b64encode(block).decode()) for block in blocks]
    found = commit(store, A, C, blob, wanted, Traits(), check=lambda _: None)
    content = store.read(A, C, blob)
    assert found.size == len(content) and [size for _, size in found.blocks]
    return content


def test_a_blob_is_a_plain_file(store: Store) -> None:
    store.put(A, C, "x/y.txt", b"1", Traits("text/plain", metadata={"k": "v"}))
    assert store.path(A, C, "x/y.txt").read_bytes() == b"1"
    assert store.path(A, C, "x/y.txt") == store.root / A / C / "x" / "y.txt"
    assert store.head(A, C, "x/y.txt").traits.metadata == {"k": "v"}
    assert os.listdir(store.path(A, C)) == ["x"]


def test_a_file_changed_by_somebody_else_loses_what_was_said_about_it(store: Store) -> None:
    before = store.put(A, C, "f", b"1", Traits("text/plain", metadata={"k": "v"}))
    store.path(A, C, "f").write_bytes(b"22")
    after = store.head(A, C, "f")
    assert (after.size, after.traits, after.kind) == (2, Traits(), "BlockBlob")
    assert after.etag != before.etag


def test_every_write_has_an_etag_of_its_own(store: Store) -> None:
    tags = {store.put(A, C, "f", b"same").etag for _ in range(50)}
    tags.add(store.set_metadata(A, C, "f", {"a": "1"}).etag)
    tags.add(store.set_metadata(A, C, "f", {"a": "1"}).etag)
    assert len(tags) == 52


def test_an_append_blob_stays_one_when_somebody_else_writes_to_it(store: Store) -> None:
    store.put(A, C, "log", b"", kind=APPEND)
    store.append(A, C, "log", b"one\n")
    with store.path(A, C, "log").open("ab") as file:
        file.write(b"two\n")
    blob, offset = store.append(A, C, "log", b"three\n")
    assert (offset, blob.size, blob.kind) == (8, 14, APPEND)
    assert store.read(A, C, "log") == b"one\ntwo\nthree\n"


def test_a_broken_sidecar_is_as_none(store: Store) -> None:
    store.put(A, C, "f", b"1", Traits(metadata={"k": "v"}))
    Path(store.place(A, C).props("f")).write_bytes(b"{")
    assert store.head(A, C, "f").traits == Traits()


@pytest.mark.parametrize(
    "name", ["a//b", "/a", "a/", "x" * 256, "é" * 200, "a/b", "deep/" * 100 + "x", ".zafiro/x"]
)
def test_odd_names_are_kept(store: Store, name: str) -> None:
    store.put(A, C, "a", b"in the way")
    store.put(A, C, name, b"1", Traits(metadata={"k": "v"}))
    assert store.read(A, C, name) == b"1"
    assert names(store) == sorted(["a", name])
    assert names(store, name) == [name]
    assert store.head(A, C, name).traits.metadata == {"k": "v"}
    assert store.path(A, C, name).exists() or name == "a/"
    store.delete(A, C, name)
    assert names(store) == ["a"]


@pytest.mark.parametrize(
    "name", ["", "..", "../x", "a/../b", "a/./b", ".", "a\0b", "x" * 1025, "\udcff"]
)
def test_impossible_names_are_refused(store: Store, name: str) -> None:
    with pytest.raises(Wrong):
        store.put(A, C, name, b"1")
    with pytest.raises(Wrong):
        store.head(A, C, name)


@pytest.mark.parametrize("name", ["..", ".zafiro", "A", "a", "a--b", "-ab", "a/b", "a\n"])
def test_impossible_containers_are_refused(store: Store, name: str) -> None:
    with pytest.raises(Wrong):
        store.create_container(A, name)
    with pytest.raises(Wrong):
        store.create_container(name if len(name) < 3 else f"{name}/", "fine")


def test_links_out_of_the_container_lead_nowhere(store: Store, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret").write_bytes(b"s")
    store.create_container(A, "other")
    store.put(A, "other", "secret", b"s")
    inside = store.path(A, C)
    (inside / "file").symlink_to(outside / "secret")
    (inside / "folder").symlink_to(outside)
    (inside / "sibling").symlink_to(store.path(A, "other"))
    (inside / "side").symlink_to(store.root / A / ".zafiro")
    assert names(store) == []
    for name in ("file", "folder/secret", "sibling/secret"):
        with pytest.raises(Refused):
            store.head(A, C, name)
    for name in ("file", "folder/new", "folder/new/deeper", "sibling/new", "side/new"):
        with pytest.raises(Refused):
            store.put(A, C, name, b"1")
    assert os.listdir(outside) == ["secret"]
    assert (outside / "secret").read_bytes() == b"s"
    with pytest.raises(Refused):
        store.delete(A, C, "folder/secret")


def test_a_container_that_is_a_link_is_none(store: Store, tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "x").write_bytes(b"1")
    (store.root / A / "linked").symlink_to(tmp_path / "outside")
    with pytest.raises((NotFound, Refused)):
        store.head(A, "linked", "x")
    with pytest.raises(NotFound):
        list(store.list(A, "linked"))


def test_links_inside_the_container_are_followed_and_never_in_circles(store: Store) -> None:
    store.put(A, C, "run/step-100/w", b"1")
    folder = store.path(A, C, "run/")
    (folder / "latest").symlink_to("step-100")
    (folder / "again").symlink_to(".")
    (folder / "w").symlink_to("step-100/w")
    (folder / "broken").symlink_to("nowhere")
    assert names(store) == ["run/latest/w", "run/step-100/w", "run/w"]
    assert store.read(A, C, "run/latest/w") == b"1"


def test_pipes_and_folders_are_no_blobs(store: Store) -> None:
    os.mkfifo(store.path(A, C, "pipe"))
    store.path(A, C, "folder").mkdir()
    assert names(store) == []
    for name in ("pipe", "folder"):
        with pytest.raises(NotFound):
            store.head(A, C, name)


def test_empty_folders_are_nothing(store: Store) -> None:
    store.put(A, C, "a/b/c", b"1")
    store.path(A, C, "empty/deep").mkdir(parents=True)
    assert store.page(A, C, delimiter="/").prefixes == ["a/"]
    store.delete(A, C, "a/b/c")
    assert not store.path(A, C, "a").exists()


def test_pages_join_without_gaps(store: Store) -> None:
    every = sorted(f"{a}{s}{b}" for a in "ab" for s in ("", "/", "-", "0/") for b in range(30))
    for name in every:
        store.put(A, C, name, b"")
    for size in (1, 7, 100):
        for delimiter in ("", "/", "-"):
            found: list[str] = []
            whole = store.page(A, C, delimiter=delimiter)
            start = ""
            while True:
                page = store.page(A, C, delimiter=delimiter, start=start, at_most=size)
                assert len(page.blobs) + len(page.prefixes) <= size
                found += [blob.name for blob in page.blobs] + page.prefixes
                start = page.next
                if not start:
                    break
            assert sorted(found) == sorted([b.name for b in whole.blobs] + whole.prefixes)
    assert names(store) == every
    assert names(store, "a/1") == [name for name in every if name.startswith("a/1")]


def test_a_tree_is_copied_and_deleted(store: Store) -> None:
    for name in ("src/a", "src/b/c", "srcs", "src/b//odd"):
        store.put(A, C, name, name.encode(), Traits(metadata={"n": "1"}))
    store.path(A, C, "src/empty").mkdir()
    store.create_container(A, "other")
    assert store.copy_tree((A, C, "src/"), (A, "other", "dst/")) == 3
    assert [b.name for b in store.list(A, "other")] == ["dst/a", "dst/b//odd", "dst/b/c"]
    assert store.head(A, "other", "dst/a").traits.metadata == {"n": "1"}
    assert store.read(A, "other", "dst/b//odd") == b"src/b//odd"
    assert store.delete_prefix(A, C, "src/") == 3
    assert names(store) == ["srcs"] and not store.path(A, C, "src").exists()


def test_writers_side_by_side_leave_one_whole_blob(store: Store) -> None:
    stop, torn = time.monotonic() + 1.0, []

    def write(letter: str) -> None:
        while time.monotonic() < stop:
            store.put(A, C, "x/f", letter.encode() * 5000, Traits(metadata={"by": letter}))

    def read() -> None:
        while time.monotonic() < stop:
            with store.open(A, C, "x/f") as opened:
                content = os.read(opened.fd, 10_000).decode()
            if set(content) != {opened.blob.traits.metadata.get("by")} or len(content) != 5000:
                torn.append((content[:1], opened.blob.traits.metadata))

    def churn() -> None:
        while time.monotonic() < stop:
            store.put(A, C, "y/g", b"1")
            store.delete(A, C, "y/g")
            store.put(A, C, "y/h", b"1")

    store.put(A, C, "x/f", b"a" * 5000, Traits(metadata={"by": "a"}))
    jobs = [lambda: write("a"), lambda: write("b"), read, read, churn]
    threads = [threading.Thread(target=job) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert torn == []
    assert os.listdir(f"{store.place(A, C).side}/tmp") == []


def test_appends_side_by_side_all_arrive(store: Store) -> None:
    store.put(A, C, "log", b"", kind=APPEND)

    def write(letter: str) -> None:
        for _ in range(100):
            store.append(A, C, "log", letter.encode() * 10)

    threads = [threading.Thread(target=write, args=(letter,)) for letter in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    content = store.read(A, C, "log").decode()
    lines = [content[i : i + 10] for i in range(0, len(content), 10)]
    assert sorted(lines) == sorted(letter * 10 for letter in "abcd" for _ in range(100))
    assert store.head(A, C, "log").appended == 400


def test_a_check_that_fails_changes_nothing(store: Store) -> None:
    store.put(A, C, "f", b"1")

    def never(blob: object) -> None:
        raise Clash("ConditionNotMet", "no", precondition=True)

    for attempt in (
        lambda: store.put(A, C, "f", b"2", check=never),
        lambda: store.delete(A, C, "f", check=never),
        lambda: store.change(A, C, "f", lambda t: t, check=never),
        lambda: commit(store, A, C, "f", [], Traits(), check=never),
    ):
        with pytest.raises(Clash):
            attempt()
    assert store.read(A, C, "f") == b"1"


def test_a_deleted_container_takes_everything_along(store: Store) -> None:
    store.put(A, C, "a//b", b"1", Traits(metadata={"k": "v"}))
    store.put(A, C, "c", b"1", Traits(metadata={"k": "v"}))
    store.delete_container(A, C)
    with pytest.raises(NotFound):
        store.put(A, C, "c", b"1")
    store.create_container(A, C)
    assert names(store) == []


def test_leftovers_are_swept_when_they_are_old(store: Store) -> None:
    upload = Upload(store.place(A, C))
    upload.write([b"1"])
    staged(store, "f", b"AAA", b"1")
    assert loop.sweep(store, time.time()) == 0
    assert loop.sweep(store, time.time() + loop.UPLOAD_S + 60) == 1
    assert loop.sweep(store, time.time() + loop.BLOCKS_S + 60) == 1
    upload.discard()


def test_blocks_come_out_in_the_order_committed_whatever_order_they_came_in(store: Store) -> None:
    """Both ways: the file of slots rearranged, and all copied when it cannot be."""
    dice = random.Random(7)
    for n in range(60):
        size, count = dice.choice([1, 10, 5000]), dice.randint(1, 12)
        ids = [bytes([n, i]) for i in range(count)]
        contents = {block: dice.randbytes(size) for block in ids}
        if n % 3 == 0:
            contents[ids[-1]] = dice.randbytes(size // 2 + 1)  # the last is shorter
        if n % 5 == 0:
            contents[dice.choice(ids)] = dice.randbytes(size + 3)
        arrival = ids[:]
        for _ in range(dice.choice([0, 1, 2, 20])):  # from in order to any order
            i = dice.randrange(count)
            j = min(count - 1, i + 1)
            arrival[i], arrival[j] = arrival[j], arrival[i]
        for block in arrival:
            staged(store, f"b{n}", block, contents[block])
        if n % 7 == 0:
            slot(store, A, C, f"b{n}", 5, digest=False).discard()  # one that never came
        if n % 4 == 0:
            again = dice.choice(ids)
            contents[again] = dice.randbytes(size)
            staged(store, f"b{n}", again, contents[again])
        assert committed(store, f"b{n}", ids) == b"".join(contents[block] for block in ids)
        assert lists(store, A, C, f"b{n}").uncommitted == []
    assert os.listdir(f"{store.place(A, C).side}/blocks") == []
    assert os.listdir(f"{store.place(A, C).side}/tmp") == []


def test_blocks_in_order_become_the_blob_without_a_copy(store: Store) -> None:
    for block in (b"1", b"0", b"2", b"3", b"4"):
        staged(store, "f", block, block * 9000)
    inode = os.stat(f"{store.place(A, C).blocks('f')}/data").st_ino
    content = committed(store, "f", [b"0", b"1", b"2", b"3", b"4"])
    assert content == b"".join(bytes([c]) * 9000 for c in b"01234")
    assert os.stat(store.path(A, C, "f")).st_ino == inode


def test_a_block_still_on_its_way_cannot_touch_the_blob(store: Store) -> None:
    late = slot(store, A, C, "f", 4, digest=False)
    staged(store, "f", b"a", b"1111")
    assert committed(store, "f", [b"a"]) == b"1111"
    late.write([b"9999"])
    with pytest.raises(Clash):
        late.done(b"late")
    late.discard()
    assert store.read(A, C, "f") == b"1111"
    with pytest.raises(Wrong):
        committed(store, "f", [b"late"])


def test_a_commit_that_is_forbidden_keeps_the_blocks(store: Store) -> None:
    staged(store, "f", b"b", b"2")
    staged(store, "f", b"a", b"1")
    staged(store, "f", b"c", b"3")
    wanted = [("Latest", b64encode(block).decode()) for block in (b"a", b"b", b"c")]

    def never(blob: object) -> None:
        raise Clash("ConditionNotMet", "no", precondition=True)

    with pytest.raises(Clash):
        commit(store, A, C, "f", wanted, Traits(), check=never)
    assert committed(store, "f", [b"a", b"b", b"c"]) == b"123"
