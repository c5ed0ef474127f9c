import { expect, test } from "vitest";
import * as format from "./format";

const NOW = Date.parse("2026-11-21T10:00:00+08:00");
const at = (iso: string) => `2026-11-${iso}+08:00`;

test.each([
  ["138****2048", "138 **** 2048"],
  ["0573****221", "0573****221"],
  ["", "未显示号码"],
])("number %s", (given, shown) => expect(format.maskedNumber(given)).toBe(shown));

test("户号 is grouped as it is spoken", () => expect(format.accountNo("3701204815")).toBe("370 120 4815"));

test.each([
  [-5000, "00:00"],
  [0, "00:00"],
  [59_999, "00:59"],
  [102_000, "01:42"],
  [3_702_000, "1:01:42"],
])("%i ms last %s", (ms, shown) => expect(format.duration(ms)).toBe(shown));

test.each([
  [at("21T10:48:30"), "00:48"],
  [at("21T09:54:00"), "-00:06"],
  [at("22T09:59:00"), "23:59"],
  [at("23T10:00:00"), "2 天"],
  [at("19T09:00:00"), "-2 天"],
])("until %s remain %s", (due, shown) => expect(format.remaining(due, NOW)).toBe(shown));

test.each([
  [NOW - 2000, "2 秒前"],
  [NOW + 2000, "0 秒前"],
  [NOW - 180_000, "3 分钟前"],
])("%i was %s", (moment, shown) => expect(format.ago(moment, NOW)).toBe(shown));

test.each([
  [0, "0.00"],
  [13_240, "132.40"],
  [-4_205, "-42.05"],
  [113_240_099, "1,132,400.99"],
])("%i fen are %s yuan", (fen, shown) => expect(format.yuan(fen)).toBe(shown));

test("what was not measured is a dash, not a zero", () => {
  expect(format.percent(null)).toBe("—");
  expect(format.percent(0)).toBe("0.0%");
  expect(format.minutesSeconds(null)).toBe("—");
  expect(format.minutesSeconds(178.4)).toBe("2:58");
  expect(format.since(null, NOW)).toBe("—");
});

test.each([
  ["13800000001", "138****0001"],
  ["057388880006", "0573****006"],
  ["95598", "9****"],
  ["", ""],
])("a number that only the phone knows: %s", (given, shown) => expect(format.masked(given)).toBe(shown));
