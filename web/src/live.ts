/** What is shown stays true: the journal tells of every change, and what it concerns is read again. */

import { createEffect, createSignal, on, onCleanup, untrack, type Accessor } from "solid-js";
import { createStore, reconcile } from "solid-js/store";
import { address, Problem } from "./api";

/** Every kind of entry that the journal has, by what it is about. */
const KINDS = {
  task: ["claimed", "done", "dropped", "edited", "filed", "handed_off", "lapsed", "noted", "proven", "released", "renewed", "reopened"],
  agent: ["changed", "ran"],
  evidence: ["added"],
  gate: ["decided"],
  vote: ["cast"],
  service: ["changed"],
  rollout: ["started"],
  incident: ["noted"],
  directive: ["begun", "ended"],
} as const;

export type Topic = keyof typeof KINDS;

export interface Entry {
  position: number;
  at: string;
  kind: string;
  content: Record<string, unknown>;
}

/** Changes within this time are read together. */
const SETTLING_MS = 150;

/** The entries that are kept to be shown. */
const RECENT_MAX = 12;

const [connected, setConnected] = createSignal(false);
const [recent, setRecent] = createSignal<readonly Entry[]>([]);
const beats = Object.fromEntries(
  Object.keys(KINDS).map((topic) => [topic, createSignal(0)]),
) as Record<Topic, ReturnType<typeof createSignal<number>>>;

export { connected, recent };

/** Listens until the page is closed. The browser resumes at the last entry by itself. */
export function listen(): void {
  const source = new EventSource(address("/events"));
  const waiting = new Set<Topic>();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const tell = () => {
    timer = undefined;
    for (const topic of waiting) beats[topic][1]((count) => count + 1);
    waiting.clear();
  };
  const hear = (topic: Topic) => {
    waiting.add(topic);
    timer ??= setTimeout(tell, SETTLING_MS);
  };
  source.onopen = () => setConnected(true);
  source.onerror = () => setConnected(false);
  for (const [topic, kinds] of Object.entries(KINDS) as [Topic, readonly string[]][]) {
    for (const kind of kinds) {
      source.addEventListener(`${topic}.${kind}`, (event) => {
        hear(topic);
        const entry = JSON.parse(event.data as string) as Entry;
        setRecent((entries) => [entry, ...entries].slice(0, RECENT_MAX));
      });
    }
  }
}

/** Something that was asked for: not here yet, here, or a problem. */
export interface Live<T> {
  value: Accessor<T | undefined>;
  problem: Accessor<Problem | undefined>;
  again: () => void;
}

/**
 * Reads, and reads again whenever one of these topics changes or what `load` looks at does.
 * `load` gives nothing while there is nothing to ask for.
 */
export function createLive<T>(topics: readonly Topic[], load: () => Promise<T> | undefined, every?: Accessor<number | undefined>): Live<T> {
  const [store, setStore] = createStore<{ value?: T }>({});
  const [problem, setProblem] = createSignal<Problem>();
  let underWay: Promise<T> | undefined;
  let isStale = false;
  const begin = (reading: Promise<T> | undefined) => {
    underWay = reading;
    isStale = false;
    reading?.then(
      (value) => end(reading, () => {
        setProblem(undefined);
        setStore("value", reconcile(value as never, { key: "id" }));
      }),
      (cause: unknown) => end(reading, () => {
        setProblem(cause instanceof Problem ? cause : new Problem(0, String(cause), "Reload the page."));
      }),
    );
  };
  const end = (reading: Promise<T>, show: () => void) => {
    // Something else is asked for by now.
    if (reading !== underWay) return;
    underWay = undefined;
    show();
    if (isStale) again();
  };
  /** Changes that come faster than answers wait for the answer: else there would never be one. */
  const again = () => {
    if (underWay === undefined) begin(untrack(load));
    else isStale = true;
  };
  createEffect(() => begin(load()));
  createEffect(on(topics.map((topic) => beats[topic][0]), again, { defer: true }));
  createEffect(() => {
    const ms = every?.();
    if (ms === undefined) return;
    const timer = setInterval(() => document.visibilityState === "visible" && untrack(again), ms);
    onCleanup(() => clearInterval(timer));
  });
  return { value: () => store.value, problem, again };
}
