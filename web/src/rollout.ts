/** Where a rollout stands, as far as a person has to know. */

import type { Decided, RolloutStatus, Told } from "./shapes";

const ENDED = ["completed", "rolled_back", "aborted"];

export const isUnderWay = (status: { phase?: string | null } | undefined): boolean =>
  status?.phase != null && !ENDED.includes(status.phase);

/** The decision that an event tells of. */
export const decidedIn = (told: Told): Decided | undefined =>
  typeof told === "object" && "decided" in told ? told.decided : undefined;

/** Whether it goes on only when a person says so. */
export function waitsForPerson(status: RolloutStatus): boolean {
  if (status.phase === "paused" || status.phase === "paused_to_fix") return true;
  const step = isUnderWay(status) ? status.plan?.steps[status.state?.step ?? -1] : undefined;
  return step !== undefined && "pause" in step && step.pause.duration_ms === null;
}
