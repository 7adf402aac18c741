/** Where a locator points inside an artifact's text. */

/** Lines to show, counted from 1, and those among them that are meant. */
export interface Excerpt {
  lines: { number: number; text: string; meant: boolean }[];
  /** How many lines there are in all. */
  total: number;
}

/** Lines before and after the place. */
const AROUND = 4;

/** More lines than this nobody reads here. */
const LINES_MAX = 400;

/** The value at a JSON pointer, as indented lines of the whole document with its own marked. */
function pointed(document: unknown, pointer: string): string[] | undefined {
  const path = pointer.split("/").slice(1).map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~"));
  let value: unknown = document;
  for (const part of path) {
    if (typeof value !== "object" || value === null || !(part in value)) return undefined;
    value = (value as Record<string, unknown>)[part];
  }
  return path;
}

/** JSON in lines, each with the path that it belongs to. */
function* linesOf(value: unknown, path: string[], indent: string, name: string, comma: string): Generator<{ text: string; path: string[] }> {
  const head = `${indent}${name}`;
  if (typeof value !== "object" || value === null) {
    yield { text: `${head}${JSON.stringify(value)}${comma}`, path };
    return;
  }
  const isList = Array.isArray(value);
  const entries = Object.entries(value);
  yield { text: `${head}${isList ? "[" : "{"}`, path };
  for (const [at, [key, inner]] of entries.entries()) {
    const inName = isList ? "" : `${JSON.stringify(key)}: `;
    yield* linesOf(inner, [...path, key], `${indent}  `, inName, at < entries.length - 1 ? "," : "");
  }
  yield { text: `${indent}${isList ? "]" : "}"}${comma}`, path };
}

function cut(all: { text: string; meant: boolean }[]): Excerpt {
  const first = all.findIndex((line) => line.meant);
  const from = Math.max(0, first - AROUND);
  const last = all.findLastIndex((line) => line.meant);
  const to = first < 0 ? LINES_MAX : Math.min(last + 1 + AROUND, from + LINES_MAX);
  return {
    lines: all.slice(from, to).map((line, at) => ({ ...line, number: from + at + 1 })),
    total: all.length,
  };
}

/** The excerpt at a locator: `#/p95`, `#L12`, `#L2-101:latency_ms`, or the beginning. `undefined` where nothing is. */
export function excerpt(text: string, locator: string): Excerpt | undefined {
  const place = locator.replace(/^#/, "");
  if (place.startsWith("/")) {
    try {
      const document: unknown = JSON.parse(text);
      const path = pointed(document, place);
      if (path === undefined) return undefined;
      const isMeant = (of: string[]) => path.every((part, at) => of[at] === part);
      return cut([...linesOf(document, [], "", "", "")].map((line) => ({ text: line.text, meant: isMeant(line.path) })));
    } catch {
      return undefined;
    }
  }
  const lines = text.split("\n");
  const [, first, last] = /^L(\d+)(?:-(\d+))?/.exec(place) ?? [];
  const from = first === undefined ? 0 : Number(first);
  const to = last === undefined ? from : Number(last);
  if (from > lines.length) return undefined;
  return cut(lines.map((line, at) => ({ text: line.replace(/\r$/, ""), meant: first !== undefined && at + 1 >= from && at + 1 <= to })));
}

/** Whether bytes are text that a person can read. */
export function readable(bytes: Uint8Array): string | undefined {
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    return text.includes("\0") ? undefined : text;
  } catch {
    return undefined;
  }
}

/** SHA-256 in hexadecimal digits. */
export async function digestOf(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return [...digest].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
