/** Requests to the server that this page came from, and to no other. */

/** A request that was not answered, with what to do next. */
export class Problem extends Error {
  constructor(
    readonly status: number,
    readonly detail: string,
    readonly hint: string,
  ) {
    super(detail);
  }
}

type Query = Record<string, string | number | boolean | undefined>;

const BASE = "/api/v1";

/** Nothing of ours takes longer to answer, besides a gate's self-test. */
const PATIENCE_MS = 120_000;

export function address(path: string, query: Query = {}): string {
  const asked = Object.entries(query).filter(([, value]) => value !== undefined && value !== "");
  const search = new URLSearchParams(asked.map(([name, value]) => [name, String(value)]));
  return `${BASE}${path}${search.size > 0 ? `?${search}` : ""}`;
}

async function request(url: string, init: RequestInit = {}): Promise<Response> {
  const answer = await fetch(url, { signal: AbortSignal.timeout(PATIENCE_MS), ...init }).catch(unreachable);
  if (answer.ok) return answer;
  throw await problemOf(answer);
}

function unreachable(cause: unknown): never {
  const late = cause instanceof DOMException && cause.name === "TimeoutError";
  throw new Problem(
    0,
    late ? "The server did not answer in time." : "The server does not answer.",
    "adjutant serve",
  );
}

async function problemOf(answer: Response): Promise<Problem> {
  const text = await answer.text();
  try {
    const { detail, hint } = JSON.parse(text) as { detail: string; hint: string };
    return new Problem(answer.status, detail, hint);
  } catch {
    return new Problem(answer.status, `${answer.status} ${answer.statusText}`, "adjutant doctor");
  }
}

export async function read<T>(path: string, query?: Query): Promise<T> {
  return (await request(address(path, query))).json() as Promise<T>;
}

export async function readText(path: string): Promise<string> {
  return (await request(address(path))).text();
}

export async function readBytes(path: string): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await (await request(address(path))).arrayBuffer());
}

/** Does something once: a repeated request under the same key gets the first answer. */
export async function send<T>(path: string, body: unknown): Promise<T> {
  const answer = await request(address(path), {
    method: "POST",
    headers: { "content-type": "application/json", "idempotency-key": crypto.randomUUID() },
    body: JSON.stringify(body),
  });
  return answer.json() as Promise<T>;
}
