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

export type Intake = Schemas["Intake"];
export type Task = Schemas["TaskJson"] & { state: TaskState };
export type TaskPage = Omit<Schemas["TaskPageJson"], "tasks"> & { tasks: Task[] };
export type Link = Schemas["Link"];
export type ShownTask = Schemas["ShownTaskJson"] & { state: TaskState };

/** A number of the domain with its sources. */
export type Measured = Schemas["Measured"];
export type Locator = Schemas["Locator"];

export type KnownAgent = Schemas["KnownAgentJson"];
export type Side = Schemas["SideJson"];
export type DeclaredSide = Schemas["DeclaredSide"];
export type Conflicts = Schemas["ConflictsJson"];
export type Exposure = Schemas["Exposure"];
/** Each latency is a value in milliseconds, and how many requests took so long. */
export type Arm = Schemas["ArmCounts"];
export type Traffic = Schemas["StageWindow"];
export type TrafficSource = Schemas["TrafficSource"];
export type MetricResult = Schemas["MetricResult"];
export type RolloutState = Schemas["RolloutState"];
export type Decided = Schemas["RolloutDecision"];
export type Told = Schemas["ServiceEvent"];
export type ServiceEvent = Schemas["ServiceEventJson"];
export type Desired = Schemas["DesiredService"];
export type PlannedMetric = Schemas["Metric"];
export type Step = Schemas["RolloutStep"];
export type RolloutStatus = Schemas["SeenServiceJson"];
export type Incident = Schemas["IncidentAnswer"];
export type PostMortem = Schemas["PostMortemAnswer"];
/** How often something happened in trials, with its exact interval. */
export type Rate = Schemas["Rate"];
export type SelfTest = Schemas["SelfTest"];

/** What holds between tasks that are not closed. */
export type TaskLink = Schemas["TaskLinkJson"];

/** A gate of the whole effort, as it stood in a week. */
export type NorthStar = Schemas["NorthStarJson"];
