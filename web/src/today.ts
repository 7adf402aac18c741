/** What needs a human now: a pure function of what was read. */

import type { Tone } from "./parts/badge";
import { waitsForPerson } from "./rollout";
import type { Decision, NorthStar, RolloutStatus, Service, ShownTask, Standing, Task } from "./shapes";

/** Something that goes no further without a person. */
export interface Need {
  tone: Tone;
  what: string;
  why: string;
  href: string;
  command: string;
}

export interface Seen {
  tasks: readonly Task[];
  held: readonly ShownTask[];
  decisions: readonly Decision[];
  services: readonly Service[];
  rollouts: readonly RolloutStatus[];
  standings: readonly Standing[];
  northStars: readonly NorthStar[];
}

/** The weightiest first: users are hurt, then a promise is broken, then work stands still. */
export function needs(seen: Seen): Need[] {
  return [
    ...seen.services.flatMap(needOfService),
    ...seen.rollouts.filter(waitsForPerson).map(needOfRollout),
    ...seen.standings.flatMap(needOfStanding),
    ...latestOfGates(seen.decisions).flatMap(needOfDecision),
    ...seen.northStars.flatMap(needOfNorthStar),
    ...seen.tasks.flatMap(needOfTask),
    ...seen.held.flatMap(needOfLease),
  ];
}

/** The newest decision of each gate. */
export function latestOfGates(decisions: readonly Decision[]): Decision[] {
  const latest = new Map<string, Decision>();
  for (const decision of decisions) if (!latest.has(decision.gate)) latest.set(decision.gate, decision);
  return [...latest.values()];
}

function needOfService(service: Service): Need[] {
  if (service.phase !== "rolled_back") return [];
  return [{ tone: "bad", what: `${service.service} was rolled back`, why: "Its candidate left what is allowed; that version is blocked until someone says why it may go again.", href: `/rollouts/${service.service}`, command: "adjutant incident list" }];
}

function needOfRollout({ service, phase }: RolloutStatus): Need {
  const href = `/rollouts/${service}`;
  return phase === "paused_to_fix"
    ? { tone: "open", what: `${service} is paused to be fixed`, why: "Nobody could judge the candidate in time, so the rollout stands still.", href, command: `adjutant rollout status ${service}` }
    : { tone: "open", what: `${service} waits to be promoted`, why: "The rollout is held here until a person goes on.", href, command: `adjutant rollout promote ${service} --because TEXT` };
}

function needOfStanding(standing: Standing): Need[] {
  if (standing.state === "MET") return [];
  const bad = standing.state !== "UNDECIDED";
  return [{ tone: bad ? "bad" : "open", what: `${standing.name}: ${standing.state.toLowerCase()}`, why: standing.window.reason || `The error budget of ${standing.service} needs a look.`, href: "/#objectives", command: `adjutant objective status ${standing.name}` }];
}

function needOfDecision(decision: Decision): Need[] {
  const href = `/gates/${decision.gate}?record=${decision.record}`;
  const command = `adjutant report deployment --gate ${decision.gate}`;
  switch (decision.verdict) {
    case "REJECT":
      return [{ tone: "bad", what: `Gate ${decision.gate} says REJECT`, why: "The candidate may not go. See which criterion fails, and where its numbers come from.", href, command }];
    case "PAUSE_AND_FIX":
      return [{ tone: "open", what: `Gate ${decision.gate} says PAUSE_AND_FIX`, why: "It is undecided. See what would change this.", href, command }];
    default:
      return [];
  }
}

function needOfNorthStar(star: NorthStar): Need[] {
  if (star.standing === "met") return [];
  return [{ tone: star.standing === "missed" ? "bad" : "open", what: `North star ${star.gate}: ${star.standing.replaceAll("_", " ")}`, why: star.because, href: "/#north-stars", command: star.command ?? "adjutant north-star list" }];
}

function needOfTask(task: Task): Need[] {
  const href = `/work?task=${task.id}`;
  switch (task.state) {
    case "quarantined":
      return [{ tone: "bad", what: `${task.id} is put aside: ${task.intake.title}`, why: task.reason ?? "Its claims were lost again and again.", href, command: `adjutant task show ${task.id}` }];
    case "draft":
      return [{ tone: "open", what: `${task.id} is a draft: ${task.intake.title}`, why: "No agent can claim it before it says all that is asked for.", href, command: `adjutant task edit ${task.id} --editor` }];
    case "proven":
      return [{ tone: "plain", what: `${task.id} is proven and waits to be merged: ${task.intake.title}`, why: "Its checks passed on the exact tree.", href, command: `adjutant task merge ${task.id}` }];
    default:
      return [];
  }
}

function needOfLease(task: ShownTask): Need[] {
  if ((task.lease_seconds_left ?? 0) > 0) return [];
  return [{ tone: "open", what: `${task.owner} lost its lease on ${task.id}`, why: "Nobody renewed it in time. The next claim takes the task.", href: `/work?task=${task.id}`, command: `adjutant task show ${task.id}` }];
}
