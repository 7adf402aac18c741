/** Numbers, times and names as people read them. Rounded for the eye only: the evidence has every digit. */

import { createSignal } from "solid-js";
import type { Unit } from "./shapes";

const SIGNIFICANT = 4;

const plain = new Intl.NumberFormat("en", { maximumSignificantDigits: SIGNIFICANT });
const whole = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });

export const count = (n: number): string => whole.format(n);

function digits(value: number): string {
  return Math.abs(value) >= 1_000 ? whole.format(value) : plain.format(value);
}

export function amount(value: number, unit: Unit | string | null | undefined): string {
  switch (unit) {
    case "ratio":
      return `${digits(value * 100)} %`;
    case "/s":
      return `${digits(value)}/s`;
    case "ms":
      return `${digits(value)} ms`;
    case "bytes":
      return bytes(value);
    case "count":
    case "1":
    case null:
    case undefined:
      return digits(value);
    default:
      return `${digits(value)} ${unit}`;
  }
}

export function bytes(value: number): string {
  const units = ["B", "kB", "MB", "GB"];
  const rank = Math.min(units.length - 1, Math.max(0, Math.floor(Math.log10(Math.max(1, value)) / 3)));
  return `${plain.format(value / 1_000 ** rank)} ${units[rank]}`;
}

/** `350 ms`, `12.3 s`, `4 min 10 s`, `2 h 5 min`, `3 d 4 h`. */
export function length(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1_000).toFixed(1)} s`;
  const pair = (high: number, highName: string, low: number, lowName: string) => {
    const rest = Math.floor((ms % high) / low);
    return `${Math.floor(ms / high)} ${highName}${rest > 0 ? ` ${rest} ${lowName}` : ""}`;
  };
  if (ms < 3_600_000) return pair(60_000, "min", 1_000, "s");
  if (ms < 86_400_000) return pair(3_600_000, "h", 60_000, "min");
  return pair(86_400_000, "d", 3_600_000, "h");
}

const TICK_MS = 15_000;
const [now, setNow] = createSignal(Date.now());
setInterval(() => setNow(Date.now()), TICK_MS);

/** `just now`, `4 min ago`. */
export function ago(at: string): string {
  const ms = now() - Date.parse(at);
  return ms < 60_000 ? "just now" : `${length(ms).split(" ").slice(0, 2).join(" ")} ago`;
}

/** `2026-11-21 21:56:36 UTC`. */
export const moment = (at: string): string => at.replace("T", " ").replace(/(\.\d+)?Z$/, " UTC");

/** The first digits of a digest. */
export const short = (digest: string): string => digest.slice(0, 12);

/** `rolled_back` as `rolled back`. */
export const spaced = (name: string): string => name.replaceAll(/[_-]/g, " ");

/** Basis points as a share of all requests. */
export const share = (basisPoints: number): string => `${plain.format(basisPoints / 100)} %`;
