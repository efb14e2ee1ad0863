import { expect, test } from "vitest";

import { Gatherer, PACKED, read, unpacked } from "./curves";

function packed(heads: object[], numbers: number[]): ArrayBuffer {
  let head = JSON.stringify(heads);
  while ((new TextEncoder().encode(head).length + 4) % 8) head += " ";
  const bytes = new TextEncoder().encode(head);
  const body = new ArrayBuffer(4 + bytes.length + 8 * numbers.length);
  new DataView(body).setUint32(0, bytes.length, true);
  new Uint8Array(body, 4, bytes.length).set(bytes);
  new Float64Array(body, 4 + bytes.length).set(numbers);
  return body;
}

test("each curve gets its own numbers", () => {
  const heads = [
    { run: "r", key: "a — 🦔", points: 9, odd: null, count: 2, flat: false },
    { run: "r", key: "b", points: 1, odd: 0, count: 1, flat: true },
  ];
  const body = packed(heads, [0, 2 ** 53, -1, -2, 3, 4, 1.5, 2.5, 7, 0.1]);
  const [a, b] = unpacked(body);
  expect(a).toEqual({
    run: "r", key: "a — 🦔", points: 9, odd: null,
    x: [0, 2 ** 53], low: [-1, -2], high: [3, 4], line: [1.5, 2.5],
  });
  expect(b).toEqual({ run: "r", key: "b", points: 1, odd: 0, x: [7], low: [0.1], high: [0.1], line: [0.1] });
  expect(read(body, PACKED)).toHaveLength(2);
});

test("few numbers are JSON", () => {
  const body = new TextEncoder().encode('{"curves": []}').buffer as ArrayBuffer;
  expect(read(body, "application/json")).toEqual([]);
});

test("what is asked for at once is asked in few requests", async () => {
  const gatherer = new Gatherer<string>();
  const sent: string[][] = [];
  const send = async (keys: string[]) => {
    sent.push(keys);
    return new Map(keys.map((key) => [key, key.toUpperCase()]));
  };
  const keys = "abcdefghij".split("");
  const found = await Promise.all(keys.map((key) => gatherer.ask("room", key, send)));
  expect(found.join("")).toBe("ABCDEFGHIJ");
  expect(sent.map((one) => one.length)).toEqual([8, 2]);
  await Promise.all([gatherer.ask("one", "a", send), gatherer.ask("two", "a", send)]);
  expect(sent).toHaveLength(4);
});

test("who asked hears of a failure, and the next is asked anew", async () => {
  const gatherer = new Gatherer<string>();
  await expect(gatherer.ask("room", "a", () => Promise.reject(new Error("away")))).rejects.toThrow("away");
  expect(await gatherer.ask("room", "a", async () => new Map([["a", "here"]]))).toBe("here");
});
