/** What the pages read, each with the topics that change it. */

import type { Accessor } from "solid-js";
import { read } from "./api";
import { createLive, type Live } from "./live";
import { isUnderWay } from "./rollout";
import type { Conflicts, Decision, EvidenceRecord, Gate, GateAnswer, Incident, KnownAgent, NorthStar, PostMortem, RolloutStatus, Service, ServiceEvent, ShownTask, Standing, Task, TaskLink, TaskPage } from "./shapes";

/** As many as a list can give at a time. */
const MOST = 1_000;

export const tasks = (): Live<Task[]> =>
  createLive(["task"], async () => (await read<TaskPage>("/tasks", { limit: MOST })).tasks);

export const heldTasks = (): Live<ShownTask[]> =>
  createLive(["task"], async () => {
    const held = await read<TaskPage>("/tasks", { state: "leased", limit: MOST });
    return Promise.all(held.tasks.map((task) => read<ShownTask>(`/tasks/${task.id}`)));
  });

export const shownTask = (id: Accessor<string | undefined>): Live<ShownTask> =>
  createLive(["task"], () => {
    const task = id();
    return task === undefined ? undefined : read<ShownTask>(`/tasks/${encodeURIComponent(task)}`);
  });

export const taskLinks = (): Live<TaskLink[]> => createLive(["task"], () => read<TaskLink[]>("/links"));

export const conflicts = (): Live<Conflicts> => createLive(["task"], () => read<Conflicts>("/conflicts"));

export const agents = (): Live<KnownAgent[]> => createLive(["agent", "task"], () => read<KnownAgent[]>("/agents"));

export const gates = (): Live<Gate[]> => createLive(["gate"], () => read<Gate[]>("/gates"));

export const decisions = (gate?: Accessor<string>, limit = 100): Live<Decision[]> =>
  createLive(["gate"], () => read<Decision[]>("/decisions", { gate: gate?.(), limit }));

export const decision = (record: Accessor<string | undefined>): Live<GateAnswer> =>
  createLive([], () => {
    const wanted = record();
    return wanted === undefined ? undefined : read<GateAnswer>(`/decisions/${wanted}`);
  });

export const services = (): Live<Service[]> => createLive(["service", "rollout"], () => read<Service[]>("/rollouts"));

export const rolloutsUnderWay = (): Live<RolloutStatus[]> =>
  createLive(["service", "rollout"], async () => {
    const found = await read<Service[]>("/rollouts");
    return Promise.all(found.filter(isUnderWay).map(({ service }) => read<RolloutStatus>(`/rollouts/${service}`)));
  });

export const rolloutStatus = (service: Accessor<string>, every: Accessor<number | undefined>): Live<RolloutStatus> =>
  createLive(["service", "rollout"], () => read<RolloutStatus>(`/rollouts/${service()}`), every);

export const rolloutHistory = (service: Accessor<string>): Live<ServiceEvent[]> =>
  createLive(["service", "rollout"], () => read<ServiceEvent[]>(`/rollouts/${service()}/history`, { limit: MOST }));

export const incidents = (): Live<Incident[]> =>
  createLive(["incident", "service"], () => read<Incident[]>("/incidents", { limit: MOST }));

export const postMortem = (incident: Accessor<string>): Live<PostMortem> =>
  createLive(["incident", "service"], () => read<PostMortem>(`/incidents/${encodeURIComponent(incident())}`));

export const standings = (): Live<Standing[]> =>
  createLive(["evidence"], () => read<Standing[]>("/objectives/standings"));

export const northStars = (): Live<NorthStar[]> =>
  createLive(["evidence"], () => read<NorthStar[]>("/north-stars"));

export const evidence = (): Live<EvidenceRecord[]> =>
  createLive(["evidence"], () => read<EvidenceRecord[]>("/evidence", { limit: MOST }));
