/** Whether the marks in texts are out of sight for now: nothing of the answer changes. */
import { signal } from "@preact/signals";

const hidden = signal(false);
export const marksHidden: { readonly value: boolean } = hidden;

export function hideMarks(on: boolean): void {
  hidden.value = on;
}
