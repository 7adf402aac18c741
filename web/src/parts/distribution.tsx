/** The latency of both versions on one axis: the live one above it, the candidate below. */

import { For, Show } from "solid-js";
import type { Arm, Traffic } from "../shapes";
import { amount, count } from "../words";
import { Grid } from "./panel";

const WIDTH = 720;
const HALF = 92;
const AXIS = 26;
const BINS = 72;
const QUANTILES = [0.5, 0.95, 0.99] as const;

type Bins = readonly [number, number][];

/** The smallest value that at least this share of the requests does not exceed. */
export function quantile(latency: Bins, p: number): number | undefined {
  const total = latency.reduce((sum, [, n]) => sum + n, 0);
  if (total === 0) return undefined;
  let seen = 0;
  for (const [value, n] of latency) {
    seen += n;
    if (seen >= p * total) return value;
  }
  return latency.at(-1)?.[0];
}

interface Axis {
  from: number;
  to: number;
}

function axisOf(arms: readonly Arm[]): Axis | undefined {
  const values = arms.flatMap((arm) => arm.latency.map(([value]) => value)).filter((value) => value > 0);
  if (values.length === 0) return undefined;
  const from = Math.log10(values.reduce((a, b) => Math.min(a, b)));
  const to = Math.log10(values.reduce((a, b) => Math.max(a, b)));
  const room = Math.max(0.15, (to - from) * 0.04);
  return { from: from - room, to: to + room };
}

const place = (axis: Axis, value: number): number =>
  ((Math.log10(Math.max(value, 1e-9)) - axis.from) / (axis.to - axis.from)) * WIDTH;

/** The share of an arm's requests in each bin. */
function shares(arm: Arm, axis: Axis): number[] {
  const bins = new Array<number>(BINS).fill(0);
  let total = 0;
  for (const [value, n] of arm.latency) {
    const at = Math.min(BINS - 1, Math.max(0, Math.floor((place(axis, value) / WIDTH) * BINS)));
    bins[at] = (bins[at] ?? 0) + n;
    total += n;
  }
  return bins.map((n) => (total === 0 ? 0 : n / total));
}

/** Steps of a histogram as one path, away from the axis in this direction. */
function outline(heights: readonly number[], highest: number, direction: 1 | -1): string {
  const width = WIDTH / BINS;
  const steps = heights.map((height, at) => {
    const y = HALF - direction * (height / highest) * (HALF - 10);
    return `H${(at * width).toFixed(1)}V${y.toFixed(1)}H${((at + 1) * width).toFixed(1)}`;
  });
  return `M0 ${HALF}${steps.join("")}V${HALF}Z`;
}

function ticks(axis: Axis): number[] {
  const decades = axis.to - axis.from;
  const steps = decades < 1.5 ? [1, 2, 5] : [1];
  const found: number[] = [];
  for (let power = Math.floor(axis.from); power <= axis.to; power += 1) {
    for (const step of steps) {
      const value = step * 10 ** power;
      const x = place(axis, value);
      if (x > 14 && x < WIDTH - 24) found.push(value);
    }
  }
  return found;
}

export function Distribution(props: { traffic: Traffic; cited: string }) {
  const arms = () => [
    { name: "Live", class: "baseline", arm: props.traffic.baseline },
    { name: "Candidate", class: "candidate", arm: props.traffic.candidate },
  ];
  const axis = () => axisOf([props.traffic.baseline, props.traffic.candidate]);
  return (
    <figure class="distribution">
      <Show when={axis()} fallback={<p class="faint">No request has been answered by either version yet.</p>}>
        {(axis) => {
          const both = () => arms().map(({ arm }) => shares(arm, axis()));
          const highest = () => Math.max(...both().flat(), 1e-9);
          return (
            <svg viewBox={`0 0 ${WIDTH} ${HALF * 2 + AXIS}`} role="img" aria-label="Latency of both versions; the table below says the same in numbers">
              <For each={ticks(axis())}>
                {(value) => (
                  <>
                    <line class="tick" x1={place(axis(), value)} x2={place(axis(), value)} y1="4" y2={HALF * 2} />
                    <text x={place(axis(), value)} y={HALF * 2 + 18} text-anchor="middle">{amount(value, "ms")}</text>
                  </>
                )}
              </For>
              <path class="baseline" d={outline(both()[0] ?? [], highest(), 1)} />
              <path class="candidate" d={outline(both()[1] ?? [], highest(), -1)} />
              <line class="axis" x1="0" x2={WIDTH} y1={HALF} y2={HALF} />
              <For each={arms()}>
                {({ arm, class: name }, index) => (
                  <For each={QUANTILES}>
                    {(p) => (
                      <Show when={quantile(arm.latency, p)}>
                        {(value) => {
                          const x = () => place(axis(), value());
                          const [top, bottom] = index() === 0 ? [14, HALF] : [HALF, HALF * 2 - 10];
                          return (
                            <g class={`quantile ${name}`}>
                              <line x1={x()} x2={x()} y1={top} y2={bottom} />
                              <text x={x() + 3} y={index() === 0 ? top + 7 + QUANTILES.indexOf(p) * 13 : bottom - 2 - QUANTILES.indexOf(p) * 13}>p{p * 100}</text>
                            </g>
                          );
                        }}
                      </Show>
                    )}
                  </For>
                )}
              </For>
            </svg>
          );
        }}
      </Show>
      <Grid label="Both versions in numbers">
        <thead>
          <tr>
            <th scope="col">Version</th>
            <th scope="col">Requests</th>
            <th scope="col">Failed</th>
            <For each={QUANTILES}>{(p) => <th scope="col">p{p * 100}</th>}</For>
          </tr>
        </thead>
        <tbody>
          <For each={arms()}>
            {({ name, class: swatch, arm }) => (
              <tr>
                <th scope="row"><span class={`swatch ${swatch}`} />{name}</th>
                <td>{count(arm.requests)}</td>
                <td>{count(arm.failures)}</td>
                <For each={QUANTILES}>
                  {(p) => <td>{((value) => (value === undefined ? <span class="faint">no answers</span> : amount(value, "ms")))(quantile(arm.latency, p))}</td>}
                </For>
              </tr>
            )}
          </For>
        </tbody>
      </Grid>
      <figcaption class="faint">{props.cited}</figcaption>
    </figure>
  );
}
