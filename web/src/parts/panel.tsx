/** A part of a page under its heading. */

import { createUniqueId, Show, type JSX, type ParentProps } from "solid-js";

export function Panel(props: ParentProps<{ title: string; beside?: JSX.Element; class?: string }>) {
  const id = createUniqueId();
  return (
    <section class={`panel ${props.class ?? ""}`} aria-labelledby={id}>
      <header>
        <h2 id={id}>{props.title}</h2>
        <Show when={props.beside}>{props.beside}</Show>
      </header>
      {props.children}
    </section>
  );
}

export function PageHead(props: ParentProps<{ title: string; kind?: string }>) {
  return (
    <header class="page-head">
      <Show when={props.kind}>
        <p class="kind">{props.kind}</p>
      </Show>
      <h1 tabindex="-1">{props.title}</h1>
      {props.children}
    </header>
  );
}

/** A table that can be scrolled by itself, with the keyboard too. */
export function Grid(props: ParentProps<{ label: string }>) {
  return (
    <div class="grid" tabindex="0" role="region" aria-label={props.label}>
      <table>{props.children}</table>
    </div>
  );
}
