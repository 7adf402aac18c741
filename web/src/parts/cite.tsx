/** Where a number comes from, as a link to the very place. */

import { A } from "@solidjs/router";
import { For, Show } from "solid-js";
import type { Locator, Measured } from "../shapes";
import { amount } from "../words";

export interface Place {
  run: string;
  file: string;
  sha256: string;
  locator: string;
}

export function placeHref(place: Place): string {
  const asked = new URLSearchParams({ run: place.run, file: place.file, at: place.locator });
  return `/evidence/${place.sha256}?${asked}`;
}

/** The places of a number; the first ones, where there are many. */
export function Cites(props: { places: readonly Place[]; most?: number }) {
  const most = () => props.most ?? 2;
  return (
    <span class="cites">
      <For each={props.places.slice(0, most())}>
        {(place) => (
          <A class="cite" href={placeHref(place)}>
            {place.run} <span class="faint">({place.file}{place.locator})</span>
          </A>
        )}
      </For>
      <Show when={props.places.length > most()}>
        <details class="more">
          <summary>and {props.places.length - most()} more</summary>
          <For each={props.places.slice(most())}>
            {(place) => <A class="cite" href={placeHref(place)}>{place.run} ({place.file}{place.locator})</A>}
          </For>
        </details>
      </Show>
    </span>
  );
}

export const placesOf = (number: Measured): Place[] =>
  number.sources.map(({ run, file, artifact, locator }) => ({ run, file, sha256: artifact, locator: told(locator) }));

/** A locator as reports write it. */
function told(locator: Locator): string {
  if (locator === "whole") return "";
  if ("pointer" in locator) return `#${locator.pointer}`;
  if ("line" in locator) return `#L${locator.line}`;
  return `#L${locator.rows.first}-${locator.rows.last}:${locator.rows.column}`;
}

/** A number with its interval and its sources. */
export function Number(props: { of: Measured }) {
  return (
    <span class="number">
      <strong>{amount(props.of.value, props.of.unit)}</strong>
      <Show when={props.of.interval}>
        {(interval) => (
          <span class="faint"> [{amount(interval()[0], props.of.unit)}, {amount(interval()[1], props.of.unit)}]</span>
        )}
      </Show>{" "}
      <Cites places={placesOf(props.of)} most={1} />
    </span>
  );
}
