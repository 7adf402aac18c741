/** A word with its color. The word alone says it all. */

export type Tone = "good" | "bad" | "open" | "plain";

const TONES: Record<string, Tone> = {
  GO: "good",
  PASS: "good",
  MET: "good",
  VALID: "good",
  ADVANCE: "good",
  COMPLETE: "good",
  completed: "good",
  progressing: "good",
  proven: "good",
  done: "good",
  quiet: "good",
  REJECT: "bad",
  FAIL: "bad",
  ROLL_BACK: "bad",
  rolled_back: "bad",
  aborted: "bad",
  quarantined: "bad",
  missed: "bad",
  firing: "bad",
  "BURNING FAST": "bad",
  "BUDGET EXHAUSTED": "bad",
  "SHADOW ONLY": "open",
  PAUSE_AND_FIX: "open",
  INCONCLUSIVE: "open",
  UNDECIDED: "open",
  NO_DATA: "open",
  INSUFFICIENT: "open",
  STALE: "open",
  SOURCE_ERROR: "open",
  NOT_FINITE: "open",
  paused: "open",
  paused_to_fix: "open",
};

export const toneOf = (word: string): Tone => TONES[word] ?? "plain";

export function Badge(props: { word: string; tone?: Tone }) {
  return <span class={`badge ${props.tone ?? toneOf(props.word)}`}>{props.word.replaceAll("_", " ")}</span>;
}
