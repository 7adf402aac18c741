/** The shapes of answers: generated from the OpenAPI document where it names them. */

import type { components } from "./openapi";

type Schemas = components["schemas"];

export type Unit = Schemas["Unit"];
export type Verdict = Schemas["Verdict"];
export type Cited = Schemas["Evidence"];
export type GateAnswer = Schemas["GateAnswer"];
export type Criterion = Schemas["CriterionAnswer"];
export type Joint = NonNullable<GateAnswer["joint"]>;
export type Gate = Schemas["GateJson"];
export type Decision = Schemas["DecisionJson"];
export type EvidenceRecord = Schemas["EvidenceJson"];
export type Standing = Schemas["ObjectiveStandingJson"];
export type Service = Schemas["ServiceJson"];
export type Verification = Schemas["VerificationJson"];

export type TaskState = "draft" | "open" | "leased" | "proven" | "done" | "dropped" | "quarantined";

/** What a task asks for. */
export interface Intake {
  title: string;
  kind: string | null;
  goal: string;
  context: string;
  success_criteria: string[];
  deliverables: string[];
  non_goals: string[];
  risks: { risk: string; mitigation: string }[];
  test_hooks: string[];
  timebox: string | null;
  priority: "HIGH" | "MEDIUM" | "LOW" | null;
  paths: string[];
  role: string | null;
}

export type Task = Omit<Schemas["TaskJson"], "intake" | "state"> & { intake: Intake; state: TaskState };
export interface TaskPage {
  tasks: Task[];
  more: boolean;
}

export interface Link {
  kind: "blocked-by" | "parent" | "discovered-from" | "handoff-of";
  target: string;
}

export type ShownTask = Task & {
  lease_seconds_left?: number;
  links: Link[];
  links_to: Link[];
  notes: { at: string; agent: string | null; text: string }[];
  attempts: { epoch: number; agent: string; began_at: string; ended_at: string | null; result: string | null }[];
  checks?: { name: string; strength: unknown }[];
  weaker?: boolean;
};

/** A number of the domain with its sources. */
export interface Measured {
  value: number;
  unit: Unit;
  interval: { low: number; high: number } | null;
  n: number;
  sources: { run: string; file: string; artifact: string; locator: string }[];
}

export interface KnownAgent {
  agent: { name: string; role?: string | null; program?: string; state?: unknown } & Record<string, unknown>;
}

export interface Side {
  name: string;
  path: string;
  task?: string;
  agent?: string;
}

export interface DeclaredSide {
  task: string;
  owner: string | null;
  path: string;
}

export interface Conflicts {
  work_trees: (Side & { lease_live?: boolean; commit?: string; touched?: number; not_looked_at?: { because: string } })[];
  conflicts: { ours: Side; theirs: Side; path: string; said: string[]; hunks: unknown[] }[];
  overlaps: { held: DeclaredSide; other: DeclaredSide }[];
  not_compared: { ours: Side; theirs: Side; because: string }[];
  order: { name: string; path: string; because: { reason: string } }[];
  pairs_merged: number;
  pairs_apart: number;
}

export interface Exposure {
  mirror: number;
  weight: number;
}

export interface Arm {
  requests: number;
  failures: number;
  /** A value in milliseconds, and how many requests took so long. */
  latency: [number, number][];
}

export interface Traffic {
  generation: number;
  baseline: Arm;
  candidate: Arm;
  mirrored: { compared: number; differing: number };
  split: { candidate: number; total: number };
}

export type TrafficSource = { seen: Traffic } | { failed: string } | string;

export interface MetricResult {
  metric: string;
  baseline: number | null;
  candidate: number | null;
  interval: [number, number] | null;
  n: [number, number];
  threshold: number;
  outcome: "PASS" | "FAIL" | "INCONCLUSIVE";
  validity: string;
  dry_run: boolean;
}

export interface RolloutState {
  phase: string;
  step: number;
  step_began: string;
  generation: number;
  exposure: Exposure;
}

export interface Decided {
  action: string;
  candidate: string;
  read_at: string;
  reasons: unknown[];
  results: MetricResult[];
  traffic: TrafficSource;
}

export type Told = string | ({ decided?: Decided; recovered?: Record<string, number> } & Record<string, unknown>);

export interface ServiceEvent {
  number: number;
  rollout: string | null;
  at: string;
  desired: Desired;
  state: RolloutState | null;
  told: Told;
  /** What happened, in a sentence. */
  words?: string;
}

export interface Desired {
  live: string | null;
  candidate: string | null;
  previous: string | null;
  exposure: Exposure;
  generation: number;
  blocked: { version: string; rollout: string | null; at: string }[];
}

export interface PlannedMetric {
  name: string;
  quantity: unknown;
}

export type Step =
  | { set_weight: number }
  | { set_mirror_route: number }
  | { pause: { duration_ms: number | null } }
  | { analysis: { name: string; requests: number; looks: number; metrics: PlannedMetric[] } };

export interface RolloutStatus {
  service: string;
  rollout: string | null;
  phase: string | null;
  desired: Desired;
  state: RolloutState | null;
  last: { number: number; at: string; told: Told };
  plan: { steps: Step[]; alpha: number; monitor: PlannedMetric[] } | null;
  recovery: { decision_ms: number; actuation_ms: number; detection_ms: number | null; verification_ms: number } | null;
  traffic: TrafficSource;
  monitor: MetricResult[] | null;
  generation: number | null;
  instances: { version: string; status: unknown }[];
  read_at: string;
}

export interface Incident {
  id: string;
  service: string;
  rollout: string | null;
  version: string;
  back_to: string | null;
  by_person: boolean;
  began_at: string;
  detected_at: string;
  decided_at: string;
  recovered_at: string | null;
  detection_ms: number | null;
  recovery_ms: number | null;
  requests: number;
  failures: number;
}

export interface PostMortem {
  incident: Incident;
  events: { at: string; event: number; told: string }[];
  notes: Record<string, unknown>[];
  actions: Record<string, unknown>[];
}

/** How often something happened in trials, with its exact interval. */
export interface Rate {
  events: number;
  trials: number;
  interval: [number, number];
}

export interface SelfTest {
  gate: string;
  seeds: number;
  alpha: number;
  criteria: {
    id: string;
    target: string;
    evidence: string;
    false_alarm: Rate | null;
    false_pass: Rate | null;
    power: Rate | null;
    planted: string;
    passes_good: Rate | null;
    good: string;
  }[];
}

/** What holds between tasks that are not closed. */
export type TaskLink = Schemas["TaskLinkJson"];

/** A gate of the whole effort, as it stood in a week. */
export interface NorthStar {
  title: string;
  gate: string;
  week: string;
  at: string;
  standing: "met" | "missed" | "undecided" | "no_data";
  value: Measured | null;
  because: string;
  command: string | null;
}
