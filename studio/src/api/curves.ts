import type { Curve } from "./client";

export const PACKED = "application/vnd.zafiro.curves";

type Head = Pick<Curve, "run" | "key" | "points" | "odd"> & { count: number; flat: boolean };

/** What src/zafiro/studio/curve_bytes.py packed. */
export function unpacked(body: ArrayBuffer): Curve[] {
  const size = new DataView(body).getUint32(0, true);
  const heads: Head[] = JSON.parse(new TextDecoder().decode(new Uint8Array(body, 4, size)));
  let at = 4 + size;
  return heads.map(({ count, flat, ...head }) => {
    const column = () => {
      const numbers = Array.from(new Float64Array(body, at, count));
      at += 8 * count;
      return numbers;
    };
    const x = column();
    const low = column();
    return flat
      ? { ...head, x, low, high: low, line: low }
      : { ...head, x, low, high: column(), line: column() };
  });
}

/** Few numbers come as JSON, many as bytes. */
export function read(body: ArrayBuffer, type: string | null): Curve[] {
  return type === PACKED ? unpacked(body) : JSON.parse(new TextDecoder().decode(body)).curves;
}

interface Ask<T> {
  key: string;
  done: (found: T) => void;
  failed: (error: unknown) => void;
}

const MOST = 8; // keys in one request: the first charts need not wait for the last

/** Gathers what is asked for at the same moment into few requests. `send` answers some keys. */
export class Gatherer<T> {
  #waiting = new Map<string, Ask<T>[]>();

  ask(room: string, key: string, send: (keys: string[]) => Promise<Map<string, T>>): Promise<T> {
    return new Promise((done, failed) => {
      const waiting = this.#waiting.get(room);
      if (waiting) {
        waiting.push({ key, done, failed });
        return;
      }
      const asks: Ask<T>[] = [{ key, done, failed }];
      this.#waiting.set(room, asks);
      queueMicrotask(() => {
        this.#waiting.delete(room);
        for (let n = 0; n < asks.length; n += MOST) void answer(asks.slice(n, n + MOST), send);
      });
    });
  }
}

async function answer<T>(
  asks: Ask<T>[],
  send: (keys: string[]) => Promise<Map<string, T>>,
): Promise<void> {
  try {
    const found = await send([...new Set(asks.map((one) => one.key))]);
    for (const one of asks) one.done(found.get(one.key)!);
  } catch (error) {
    for (const one of asks) one.failed(error);
  }
}
