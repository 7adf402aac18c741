/** The steps of a plan, and how far the rollout is. */

import { For } from "solid-js";
import type { RolloutState, Step } from "../shapes";
import { count, length, share } from "../words";

function told(step: Step): { name: string; more: string } {
  if ("set_weight" in step) return { name: share(step.set_weight), more: step.set_weight === 0 ? "health check" : step.set_weight === 10_000 ? "everybody" : "of the requests" };
  if ("set_mirror_route" in step) return { name: "Shadow", more: `${share(step.set_mirror_route)} copied` };
  if ("pause" in step) return { name: "Pause", more: step.pause.duration_ms === null ? "until promoted" : length(step.pause.duration_ms) };
  return { name: `Analysis ${step.analysis.name}`, more: `${step.analysis.metrics.map((metric) => metric.name).join(", ")}; up to ${count(step.analysis.requests)} requests` };
}

export function Stages(props: { steps: readonly Step[]; state: RolloutState | null }) {
  const standing = (at: number) => {
    const now = props.state?.step ?? -1;
    if (at < now) return "done";
    if (at > now) return "ahead";
    return props.state?.phase ?? "ahead";
  };
  return (
    <ol class="stages">
      <For each={props.steps}>
        {(step, at) => (
          <li class={standing(at())} aria-current={at() === props.state?.step ? "step" : undefined}>
            <strong>{told(step).name}</strong>
            <span>{told(step).more}</span>
            <span class="hidden">{standing(at()).replaceAll("_", " ")}</span>
          </li>
        )}
      </For>
    </ol>
  );
}
