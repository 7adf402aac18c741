/** An interval against what is accepted: one look tells whether it lies inside, outside, or across. */

import { Show } from "solid-js";
import { amount } from "../words";

interface IntervalProps {
  label: string;
  observed: number;
  interval: readonly [number, number] | null;
  accepted: { low: number | null; high: number | null };
  unit?: string | null;
  tone: string;
}

const WIDTH = 240;
const HEIGHT = 34;
const MIDDLE = 13;
const LABEL = 60;

export function Interval(props: IntervalProps) {
  const limits = () => [props.accepted.low, props.accepted.high].filter((limit) => limit !== null);
  const scale = () => {
    const marks = [...limits(), props.observed, ...(props.interval ?? [])];
    const [low, high] = [Math.min(...marks), Math.max(...marks)];
    const room = (high - low || Math.abs(high) || 1) * 0.18;
    const [from, to] = [low - room, high + room];
    return (value: number) => ((value - from) / (to - from)) * WIDTH;
  };
  const at = (value: number | null, otherwise: number) => (value === null ? otherwise : scale()(value));
  const band = () => {
    const [low, high] = [at(props.accepted.low, 0), at(props.accepted.high, WIDTH)];
    return { x: low, width: Math.max(0, high - low) };
  };
  /** Two limits that are close together share one label. */
  const labels = () => {
    const all = limits().map((limit) => ({ x: scale()(limit), text: amount(limit, props.unit) }));
    const [low, high] = all;
    if (low === undefined || high === undefined || high.x - low.x > LABEL) return all;
    return [{ x: (low.x + high.x) / 2, text: `${low.text} to ${high.text}` }];
  };
  const told = () => {
    const ends = props.interval;
    const interval = ends ? `, interval ${amount(ends[0], props.unit)} to ${amount(ends[1], props.unit)}` : ", no interval";
    const limit = limits().map((value) => amount(value, props.unit)).join(" to ");
    return `${props.label}: ${amount(props.observed, props.unit)}${interval}; limit ${limit}`;
  };
  return (
    <svg class={`interval ${props.tone}`} viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={told()}>
      <rect class="accepted" x={band().x} width={band().width} y="2" height={MIDDLE * 2 - 4} rx="2" />
      <line class="axis" x1="0" x2={WIDTH} y1={MIDDLE} y2={MIDDLE} />
      {limits().map((limit) => <line class="limit" x1={scale()(limit)} x2={scale()(limit)} y1="0" y2={MIDDLE * 2} />)}
      {labels().map(({ x, text }) => (
        <text x={Math.min(WIDTH - 2, Math.max(2, x))} y={HEIGHT - 0.5} text-anchor={x < WIDTH * 0.2 ? "start" : x > WIDTH * 0.8 ? "end" : "middle"}>
          {text}
        </text>
      ))}
      <Show when={props.interval}>
        {(ends) => (
          <g class="whisker">
            <line x1={scale()(ends()[0])} x2={scale()(ends()[1])} y1={MIDDLE} y2={MIDDLE} />
            <line x1={scale()(ends()[0])} x2={scale()(ends()[0])} y1={MIDDLE - 5} y2={MIDDLE + 5} />
            <line x1={scale()(ends()[1])} x2={scale()(ends()[1])} y1={MIDDLE - 5} y2={MIDDLE + 5} />
          </g>
        )}
      </Show>
      <circle class="value" cx={scale()(props.observed)} cy={MIDDLE} r="4" />
    </svg>
  );
}
