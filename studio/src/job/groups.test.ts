import { expect, test } from "vitest";

import { grouped, idle } from "./groups";
import { cardWidth, plotWidth } from "./widths";

test("few metrics stand together, many by what is before their slash", () => {
  expect(grouped(["a/x", "b/y"], false)).toEqual([{ name: "", keys: ["a/x", "b/y"] }]);
  const keys = ["train/loss", "val/loss", "train/auc", "lr", "e", "f", "g"];
  expect(grouped(keys, false)).toEqual([
    { name: "train", keys: ["train/loss", "train/auc"] },
    { name: "val", keys: ["val/loss"] },
    { name: "", keys: ["lr", "e", "f", "g"] },
  ]);
  expect(grouped([], false)).toEqual([]);
});

test("the machine's metrics stand by what they measure, of every node", () => {
  const keys = [
    "system/network_receive_megabytes",
    "system/node1/gpu_0_memory_usage_megabytes",
    "system/job_disk_read_megabytes",
    "system/job_processes",
    "system/system_memory_usage_percentage",
    "system/gpu_1_utilization_percentage",
    "system/something_new",
  ];
  expect(grouped(keys, true).map((one) => [one.name, one.keys.length])).toEqual([
    ["gpu", 2], ["cpu", 1], ["memory", 1], ["disk", 1], ["network", 1], ["other", 1],
  ]);
});

test("a GPU is idle when it did nothing for a minute", () => {
  const curve = { run: "r", key: "k", points: 3, odd: 0, x: [0, 40_000, 80_000], low: [], high: [], line: [0, 3, 1] };
  const gpu = "system/gpu_0_utilization_percentage";
  expect(idle(gpu, curve)).toBe(true);
  expect(idle(gpu, { ...curve, line: [0, 90, 1] })).toBe(false);
  expect(idle(gpu, { ...curve, x: [0, 10, 20] })).toBe(false);
  expect(idle("system/cpu_utilization_percentage", curve)).toBe(false);
});

test("what is asked for before a chart is there is what the chart asks for", () => {
  for (const panel of [360, 900, 1166, 1400, 2500]) {
    const { width, columns } = cardWidth(panel);
    expect(columns * width + 10 * (columns - 1)).toBeCloseTo(panel);
    expect(columns === 1 || width >= 420).toBe(true);
    expect(plotWidth(width)).toBeGreaterThanOrEqual(Math.min(2000, width - 80));
  }
});
