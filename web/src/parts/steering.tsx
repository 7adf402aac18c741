/** Holding, promoting and aborting a rollout: each asked for once more before it is done. */

import { Dialog } from "@kobalte/core/dialog";
import { createSignal, For, Show } from "solid-js";
import { Problem, send } from "../api";
import { isUnderWay, waitsForPerson } from "../rollout";
import type { RolloutStatus } from "../shapes";
import { Told } from "./answered";

interface Order {
  name: string;
  path: string;
  says: string;
  bad?: boolean;
}

function ordersIn(status: RolloutStatus): Order[] {
  if (!isUnderWay(status)) return [];
  const abort = { name: "Abort", path: "abort", says: "The live version takes all requests again at once, and the candidate is blocked.", bad: true };
  const promote = { name: "Promote", path: "promote", says: "The rollout goes on with its next step." };
  const pause = { name: "Pause", path: "pause", says: "The rollout stays where it is; the monitor goes on watching." };
  const resume = { name: "Resume", path: "resume", says: "The step under way begins again." };
  if (status.phase === "paused") return [resume, promote, abort];
  return [waitsForPerson(status) ? promote : pause, abort];
}

export function Steering(props: { status: RolloutStatus; onDone: () => void }) {
  const [order, setOrder] = createSignal<Order>();
  const [because, setBecause] = createSignal("");
  const [problem, setProblem] = createSignal<Problem>();
  const [busy, setBusy] = createSignal(false);
  const close = () => {
    setOrder(undefined);
    setProblem(undefined);
    setBecause("");
  };
  const carryOut = async (asked: Order) => {
    setBusy(true);
    try {
      await send(`/rollouts/${props.status.service}/${asked.path}`, { because: because() });
      close();
      props.onDone();
    } catch (cause) {
      setProblem(cause instanceof Problem ? cause : new Problem(0, String(cause), "Reload the page."));
    } finally {
      setBusy(false);
    }
  };
  return (
    <span class="orders">
      <For each={ordersIn(props.status)}>
        {(order) => <button type="button" classList={{ danger: order.bad ?? false }} onClick={() => setOrder(order)}>{order.name}</button>}
      </For>
      <Dialog open={order() !== undefined} onOpenChange={(open) => !open && close()}>
        <Dialog.Portal>
          <Dialog.Overlay class="overlay" />
          <Dialog.Content class="dialog narrow">
            <Show when={order()}>
              {(asked) => (
                <form onSubmit={(event) => { event.preventDefault(); void carryOut(asked()); }}>
                  <Dialog.Title>{asked().name} {props.status.rollout}?</Dialog.Title>
                  <Dialog.Description>{asked().says}</Dialog.Description>
                  <label>
                    Because
                    <input required value={because()} onInput={(event) => setBecause(event.currentTarget.value)} maxLength={500} />
                  </label>
                  <Show when={problem()}>{(found) => <Told problem={found()} />}</Show>
                  <div class="orders">
                    <Dialog.CloseButton class="quiet" type="button">Leave it</Dialog.CloseButton>
                    <button type="submit" disabled={busy()} classList={{ danger: asked().bad ?? false }}>{asked().name}</button>
                  </div>
                </form>
              )}
            </Show>
          </Dialog.Content>
        </Dialog.Portal>
      </Dialog>
    </span>
  );
}
