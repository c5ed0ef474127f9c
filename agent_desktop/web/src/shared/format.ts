/** How numbers and times are written on the screens. */
import dayjs from "dayjs";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

const two = (value: number): string => String(value).padStart(2, "0");

/** `138****2048` → `138 **** 2048`, for reading aloud; other shapes stay as the server masked them. */
export function maskedNumber(number: string): string {
  const mobile = /^(\d{3})(\*{4})(\d{4})$/.exec(number);
  if (mobile) return `${mobile[1]} ${mobile[2]} ${mobile[3]}`;
  return number === "" ? "未显示号码" : number;
}

/** A number that only the phone knows yet, hidden as `services/customers/masking.py` hides it. */
export function masked(number: string): string {
  if (number.length < 7) return number.slice(0, 1) + "*".repeat(Math.max(0, number.length - 1));
  const [head, tail] = number.startsWith("0") ? [4, 3] : [3, 4];
  return `${number.slice(0, head)}****${number.slice(-tail)}`;
}

/** 户号 in the groups in which it is spoken: 3-3-4. */
export function accountNo(no: string): string {
  return no.replace(/^(\d{3})(\d{3})(\d{4})$/, "$1 $2 $3");
}

/** `01:42`, above an hour `1:01:42`; never negative. */
export function duration(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const [h, m, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  return h > 0 ? `${h}:${two(m)}:${two(s)}` : `${two(m)}:${two(s)}`;
}

export function since(iso: string | null | undefined, now: number): string {
  return iso ? duration(now - Date.parse(iso)) : "—";
}

/** Time left until a limit: `00:48` (hours:minutes) below a day, then days; a passed one carries a minus. */
export function remaining(dueAt: string, now: number): string {
  const left = Date.parse(dueAt) - now;
  const size = Math.abs(left);
  const sign = left < 0 ? "-" : "";
  if (size >= DAY_MS) return `${sign}${Math.floor(size / DAY_MS)} 天`;
  return `${sign}${two(Math.floor(size / HOUR_MS))}:${two(Math.floor(size / MINUTE_MS) % 60)}`;
}

export function ago(at: number, now: number): string {
  const seconds = Math.max(0, Math.round((now - at) / 1000));
  if (seconds < 60) return `${seconds} 秒前`;
  return seconds < 3600 ? `${Math.floor(seconds / 60)} 分钟前` : dayjs(at).format("HH:mm");
}

export const clockTime = (iso: string | number): string => dayjs(iso).format("HH:mm:ss");
export const hourMinute = (iso: string): string => dayjs(iso).format("HH:mm");
export const dayTime = (iso: string): string => dayjs(iso).format("MM-DD HH:mm");

/** A moment as far as it needs saying: today `11:27`, else `明天 11:27` or `11-23 11:27`. */
export function moment(iso: string, now: number): string {
  const at = dayjs(iso);
  const days = at.startOf("day").diff(dayjs(now).startOf("day"), "day");
  if (days === 0) return at.format("HH:mm");
  return days === 1 ? `明天 ${at.format("HH:mm")}` : at.format("MM-DD HH:mm");
}

/** Fen to yuan: `1,132.40`. */
export function yuan(fen: number): string {
  const digits = (Math.abs(fen) / 100).toFixed(2).replace(/\B(?=(\d{3})+\.)/g, ",");
  return fen < 0 ? `-${digits}` : digits;
}

export const percent = (value: number | null | undefined): string =>
  value === null || value === undefined ? "—" : `${value.toFixed(1)}%`;

/** Seconds as `0:48`; a dash where there is nothing to measure. */
export function minutesSeconds(seconds: number | null | undefined): string {
  if (seconds === null || seconds === undefined) return "—";
  const whole = Math.round(seconds);
  return `${Math.floor(whole / 60)}:${two(whole % 60)}`;
}

export const count = (value: number): string => value.toLocaleString("en-US");

/** The last digits of a ticket number, enough to speak of it. */
export const shortTicket = (no: string): string => `…${no.slice(-4)}`;
