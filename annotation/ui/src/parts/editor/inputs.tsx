/** Small inputs of the schema editor: a label, a control, and rows that are moved and removed by buttons. */
import type { ComponentChildren } from "preact";
import { useId } from "preact/hooks";
import { t } from "../../core/words";

type Line = { label: string; value: string; onChange(value: string): void; id?: string; mono?: boolean };

export function Text({ label, value, onChange, id, mono, lines = 1 }: Line & { lines?: number }) {
  const made = useId();
  const common = {
    id: id ?? made,
    value,
    class: mono ? "mono" : undefined,
    autocomplete: "off",
    spellcheck: !mono,
    onInput: (event: Event) =>
      onChange((event.currentTarget as HTMLInputElement | HTMLTextAreaElement).value),
  };
  return (
    <div class="ed-field">
      <label for={id ?? made}>{label}</label>
      {lines > 1 ? <textarea rows={lines} {...common} /> : <input type="text" {...common} />}
    </div>
  );
}

export function Whole(props: {
  label: string;
  value: number | undefined;
  least: number;
  most: number;
  usual?: number | undefined;
  onChange(value: number | undefined): void;
}) {
  const id = useId();
  return (
    <div class="ed-field ed-short">
      <label for={id}>{props.label}</label>
      <input
        id={id}
        type="number"
        min={props.least}
        max={props.most}
        value={props.value ?? ""}
        placeholder={props.usual === undefined ? "" : String(props.usual)}
        onInput={(event) => {
          const given = event.currentTarget.value;
          props.onChange(given === "" ? undefined : Number(given));
        }}
      />
    </div>
  );
}

export function Pick(props: {
  label: string;
  value: string;
  options: readonly (readonly [string, string])[];
  onChange(value: string): void;
  id?: string;
}) {
  const made = useId();
  const known = props.options.some(([value]) => value === props.value);
  return (
    <div class="ed-field">
      <label for={props.id ?? made}>{props.label}</label>
      <select
        id={props.id ?? made}
        value={props.value}
        onChange={(event) => props.onChange(event.currentTarget.value)}
      >
        {!known && <option value={props.value}>{props.value || t("choose")}</option>}
        {props.options.map(([value, words]) => (
          <option key={value} value={value}>
            {words}
          </option>
        ))}
      </select>
    </div>
  );
}

export function Tick(props: { label: string; on: boolean; onChange(on: boolean): void }) {
  return (
    <label class="ed-tick">
      <input
        type="checkbox"
        checked={props.on}
        onChange={(event) => props.onChange(event.currentTarget.checked)}
      />{" "}
      {props.label}
    </label>
  );
}

/** Up, down and remove of the n-th of `all`; `of` names it for people who do not see where the button stands. */
export function RowButtons(props: {
  at: string;
  n: number;
  all: number;
  of: string;
  onMove(by: number): void;
  onRemove(): void;
}) {
  const { at, n, all, of } = props;
  return (
    <span class="ed-buttons">
      <button
        type="button"
        class="button button-small"
        id={`${at}-up`}
        aria-disabled={n === 0}
        aria-label={t("Move {of} up", { of })}
        onClick={() => n > 0 && props.onMove(-1)}
      >
        ↑
      </button>
      <button
        type="button"
        class="button button-small"
        id={`${at}-down`}
        aria-disabled={n === all - 1}
        aria-label={t("Move {of} down", { of })}
        onClick={() => n < all - 1 && props.onMove(1)}
      >
        ↓
      </button>
      <button
        type="button"
        class="button button-small"
        id={`${at}-remove`}
        aria-label={t("Remove {of}", { of })}
        onClick={props.onRemove}
      >
        {t("Remove")}
      </button>
    </span>
  );
}

export function Group({ name, children }: { name: string; children: ComponentChildren }) {
  return (
    <fieldset class="ed-group">
      <legend>{name}</legend>
      {children}
    </fieldset>
  );
}
