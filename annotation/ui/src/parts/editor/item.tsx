/** What of an item is shown and compared, in the schema editor. */
import { fields, type Loose, moved, put } from "../../core/written";
import { t } from "../../core/words";
import { Group, Pick, RowButtons, Text } from "./inputs";

type Props = { schema: Loose; onChange(schema: Loose): void; focusOn(id: string): void };

export function ItemEditor({ schema, onChange, focusOn }: Props) {
  const all = fields(schema);
  const set = (next: [string, string][]) => onChange({ ...schema, item: Object.fromEntries(next) });
  return (
    <Group name={t("Fields of the item that labelers see")}>
      <ol class="ed-options">
        {all.map(([name, as], n) => (
          <li key={n} class="ed-option ed-item">
            <Text
              id={`f${n}-text`}
              label={t("Field of your files")}
              mono
              value={name}
              onChange={(value) => {
                if (all.some(([other], k) => k !== n && other === value)) return;
                set(all.map((one, k) => (k === n ? [value, as] : one)));
              }}
            />
            <Pick
              label={t("Shown as")}
              value={as}
              options={[
                ["text", t("text, exactly")],
                ["markdown", t("Markdown")],
                ["chat", t("conversation")],
              ]}
              onChange={(value) => set(all.map((one, k) => (k === n ? [name, value] : one)))}
            />
            <RowButtons
              at={`f${n}`}
              n={n}
              all={all.length}
              of={t("field {n}", { n: n + 1 })}
              onMove={(by) => {
                set(moved(all, n, by));
                focusOn(`f${n + by}-${by < 0 ? "up" : "down"}`);
              }}
              onRemove={() => {
                set(all.filter((_, k) => k !== n));
                focusOn(n < all.length - 1 ? `f${n}-remove` : "f-add");
              }}
            />
          </li>
        ))}
      </ol>
      <div>
        <button
          type="button"
          class="button button-small"
          id="f-add"
          onClick={() => {
            let name = "text";
            for (let n = 2; all.some(([other]) => other === name); n++) name = `text_${n}`;
            set([...all, [name, "text"]]);
            focusOn(`f${all.length}-text`);
          }}
        >
          {t("Add a field")}
        </button>
      </div>
    </Group>
  );
}

export function CandidatesEditor({ schema, onChange }: Props) {
  const compared = schema.candidates;
  const of: unknown = compared?.of;
  const kind = !compared ? "none" : Array.isArray(of) && of.length > 1 ? "fields" : "list";
  const names = Array.isArray(of) ? of.join(", ") : String(of ?? "");
  const as = String(compared?.as ?? "markdown");
  return (
    <Group name={t("What is compared")}>
      <div class="ed-row">
        <Pick
          label={t("Candidates")}
          value={kind}
          options={[
            ["none", t("nothing is compared")],
            ["fields", t("fields with a text each")],
            ["list", t("one field with a list of texts")],
          ]}
          onChange={(value) => {
            const next =
              value === "fields"
                ? { of: ["response_a", "response_b"], as }
                : value === "list"
                  ? { of: "responses", as }
                  : undefined;
            onChange(put(schema, "candidates", next));
          }}
        />
        {compared && (
          <>
            <Text
              label={kind === "fields" ? t("Fields, with commas between") : t("Field")}
              mono
              value={names}
              onChange={(value) =>
                onChange({
                  ...schema,
                  candidates: {
                    ...compared,
                    of: kind === "fields" ? value.split(",").map((name) => name.trim()) : value.trim(),
                  },
                })
              }
            />
            <Pick
              label={t("Shown as")}
              value={as}
              options={[
                ["markdown", t("Markdown")],
                ["text", t("text, exactly")],
              ]}
              onChange={(value) => onChange({ ...schema, candidates: { ...compared, as: value } })}
            />
          </>
        )}
      </div>
      {compared && (
        <p class="help">
          {t(
            "Labelers see A, B, … in an order that is random for each of them and each item, and never the names of these fields.",
          )}
        </p>
      )}
    </Group>
  );
}
