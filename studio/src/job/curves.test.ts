import { expect, test } from "vitest";

import { csv, said } from "./curves";

const curve = {
  run: "r1", key: "a,b", points: 3, odd: 1, x: [0, 10], low: [-1, 0.5], high: [2, 0.5], line: [1, 0.5],
};

test("what is drawn is told in numbers", () => {
  expect(said([curve])).toEqual({
    counted: true, points: 3, drawn: 2, odd: 1, least: -1, most: 2, last: 0.5,
  });
  expect(said([curve, { ...curve, points: null }])).toMatchObject({ counted: false, drawn: 4, last: undefined });
});

test("a chart is saved as CSV that no spreadsheet runs", () => {
  expect(csv([curve], { r1: '=cmd("x")' }, "step").split("\r\n")).toEqual([
    "run,metric,step,min,mean,max",
    `"'=cmd(""x"")","a,b",0,-1,1,2`,
    `"'=cmd(""x"")","a,b",10,0.5,0.5,0.5`,
    "",
  ]);
  expect(csv([curve], {}, "time")).toContain(`r1,"a,b",1970-01-01T00:00:00.010Z,0.5`);
});
