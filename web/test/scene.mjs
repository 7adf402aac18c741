/**
 * Real data of a real program: a repository with tasks, leases, evidence, decisions, votes, and a
 * service whose versions are rolled out under traffic, served by `adjutant serve`.
 */

import { execFile, spawn } from "node:child_process";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";

const run = promisify(execFile);

/** What `adjutant` exits with when it has an answer, of whatever kind. */
const ANSWERS = [0, 10, 20, 30, 40];

async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

const task = (title, priority, more = "") => `# ${title}

| Kind | feature |
|---|---|
| Priority | ${priority} |
| Timebox | M |

## Goal
${title}, so that people find what they look for.

## Context
The search counts words.

## Success criteria
- the gate says GO

## Deliverables
- the change

## Non-goals
- other languages

## Risks and mitigations
- it is slow => the gate holds p95

## Test hooks and metrics
- p95

## Paths
- src/**
${more}`;

/** A version of a service: answers after about so many milliseconds. */
const version = (ms) => `#!${process.execPath}
const at = process.argv.indexOf("--port");
let n = 0;
require("node:http").createServer((request, response) => {
  n += 1;
  setTimeout(() => response.end("found"), request.url === "/healthz" ? 0 : ${ms} + (n % 7) / 2);
}).listen(Number(process.argv[at + 1]), "127.0.0.1");
`;

const settings = (port) => `
[rollout.shop]
requestsMin = 40
deadline = "10m"

[rollout.shop.strategy.canary]
steps = [{ setWeight = 50 }, { analysis = { templates = [{ templateName = "users" }] } }, { pause = {} }]

[rollout.shop.templates.users]
requests = 400
looks = 1
metrics = [
    { name = "errors", measure = "errors", margin = "5 points" },
    { name = "p95", measure = "latency", quantile = 0.95, margin = "20 ms" },
]

[rollout.shop.monitor]
metrics = [{ name = "p95", measure = "latency", quantile = 0.95, margin = "20 ms", detects = "60 ms" }]

[rollout.shop.recovery]
tick = "250ms"
requestTimeout = "5s"

[rollout.shop.service]
command = ["{artifact}", "--port", "{port}"]
health = "/healthz"
healthEvery = "250ms"
drain = "1s"

[rollout.shop.service.traffic]
listen = "127.0.0.1:${port}"
mirrorAllow = ["GET /search*"]
`;

/** Latencies of this many requests, spread like those of a service. */
function samples(median, count) {
  const rows = ["latency_ms,status,timestamp_ms"];
  for (let at = 0; at < count; at += 1) {
    const share = ((at * 7919) % count) / count;
    rows.push(`${(median * Math.exp(1.1 * (share - 0.5))).toFixed(3)},200,${1_760_000_000_000 + at * 10}`);
  }
  return `${rows.join("\n")}\n`;
}

export async function openScene(program) {
  const folder = await mkdtemp(join(tmpdir(), "adjutant-dashboard-"));
  const adjutant = async (...words) => {
    try {
      return (await run(program, words, { cwd: folder, maxBuffer: 1 << 26 })).stdout;
    } catch (error) {
      if (ANSWERS.includes(error.code)) return error.stdout;
      throw error;
    }
  };
  const file = (name, text, mode = 0o644) => writeFile(join(folder, name), text, { mode });
  const port = await freePort();
  await run("git", ["init", "--quiet"], { cwd: folder });
  await file("adjutant.toml", settings(port));
  await fillWork(adjutant, file, folder);
  await fillGates(adjutant, file);
  const traffic = await fillRollouts({ adjutant, file, folder, program, port });
  const server = await serve(program, folder);
  const close = async () => {
    traffic.stop();
    server.process.kill("SIGTERM");
    await new Promise((resolve) => server.process.once("exit", resolve));
    await endProcessesOf(folder);
    await rm(folder, { recursive: true, force: true });
  };
  return { folder, adjutant, file, close, link: server.link, address: server.server, processId: server.process.pid };
}

async function fillWork(adjutant, file, folder) {
  await file("rank.md", task("Rank by what the pictures show", "HIGH"));
  await file("index.md", task("Index the pictures", "HIGH"));
  await file("ship.md", task("Ship the candidate of the search", "MEDIUM"));
  await file("draft.md", "# Show why a product was found\n\n## Goal\nPeople see why.\n");
  await adjutant("task", "add", "--from", "index.md");
  await adjutant("task", "add", "--from", "rank.md", "--blocked-by", "T-1");
  await adjutant("task", "add", "--from", "ship.md", "--blocked-by", "T-2");
  await adjutant("task", "add", "--draft", "--from", "draft.md");
  await run("git", ["-c", "user.name=a", "-c", "user.email=a@example.com", "commit", "--quiet", "--allow-empty", "-m", "Begin"], { cwd: folder });
  await adjutant("task", "claim", "T-1", "--agent", "ada");
}

async function fillGates(adjutant, file) {
  await file("baseline.csv", samples(120, 800));
  const evidence = ["--evidence", "baseline=baseline.csv", "--evidence", "candidate=candidate.csv"];
  for (const median of [118, 121, 119, 120, 122, 260]) {
    await file("candidate.csv", samples(median, 800));
    await adjutant("gate", "release", ...evidence);
    await adjutant("gate", "merge", ...evidence);
  }
}

async function fillRollouts({ adjutant, file, folder, program, port }) {
  await file("good-1", version(4), 0o755);
  await file("good-2", version(5), 0o755);
  await file("slow", version(90), 0o755);
  await adjutant("rollout", "start", "shop", "--artifact", "good-1");
  const traffic = startTraffic(port);
  // A plan is only as good as the traffic it is computed from.
  await until(async () => JSON.parse(await adjutant("rollout", "plan", "shop", "--format", "json")).recovery_ms !== null);
  await adjutant("rollout", "start", "shop", "--artifact", "slow");
  // This one stays until a person goes on: the test does.
  const held = spawn(program, ["rollout", "start", "shop", "--artifact", "good-2"], { cwd: folder, stdio: "ignore" });
  await until(async () => {
    const shop = JSON.parse(await adjutant("rollout", "status", "shop", "--format", "json"));
    return shop.rollout === "R-3" && shop.state.step >= 3;
  });
  return { stop: () => { traffic.stop(); held.kill("SIGTERM"); } };
}

function startTraffic(port) {
  let on = true;
  const ask = async () => {
    while (on) {
      try {
        await (await fetch(`http://127.0.0.1:${port}/search?q=red`)).text();
      } catch {
        // The proxy may not be there yet, or no more.
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    }
  };
  for (let at = 0; at < 6; at += 1) void ask();
  return { stop: () => { on = false; } };
}

async function serve(program, folder) {
  const server = spawn(program, ["serve", "--listen", "127.0.0.1:0", "--format", "json"], { cwd: folder, stdio: ["ignore", "pipe", "inherit"] });
  for await (const line of createInterface(server.stdout)) return { ...JSON.parse(line), process: server };
  throw new Error("adjutant serve ended before it said where it serves");
}

/** Waits for a condition; three minutes are more than anything here takes. */
export async function until(condition) {
  const end = Date.now() + 180_000;
  while (Date.now() < end) {
    if (await condition()) return;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  throw new Error(`not within three minutes: ${condition}`);
}

/** Keepers and the proxy outlive the commands that started them; those of this folder end with it. */
async function endProcessesOf(folder) {
  for (const id of (await readdir("/proc")).filter((name) => /^\d+$/.test(name))) {
    try {
      const command = await readFile(`/proc/${id}/cmdline`, "utf8");
      if (command.includes(folder) && Number(id) !== process.pid) process.kill(Number(id), "SIGTERM");
    } catch {
      // It ended by itself.
    }
  }
}
