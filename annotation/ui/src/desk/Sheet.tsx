/** The `?` sheet: every key, changeable; and how things are shown. */
import { useState } from "preact/hooks";
import { type Command, keys } from "../core/keys";
import { t } from "../core/words";
import { useDesk } from "./context";
import { Dialog } from "./Dialog";

export function Sheet() {
  const { work, view } = useDesk();
  const [clash, setClash] = useState("");
  const close = () => (view.dialog.value = null);
  const commands = unique(keys.commands.value);
  const changed = commands.some(({ id }) => keys.isRemapped(id));
  return (
    <Dialog title={t("Shortcuts and display")} onClose={close} wide>
      <div class="ws-sheet">
        <section>
          <h3>{t("Keys")}</h3>
          <dl class="ws-keys">
            {commands.map((command) => (
              <KeyRow command={command} say={setClash} key={command.id} />
            ))}
          </dl>
          {clash && (
            <p class="ws-error" role="alert">
              {clash}
            </p>
          )}
          <p class="muted">
            {t(
              "Choose a key's button and press another key to change it. Keys never act inside a text field, except Ctrl+Enter, which submits.",
            )}
          </p>
          {changed && (
            <button class="button button-small" type="button" onClick={() => keys.resetAll()}>
              {t("Back to the keys of before")}
            </button>
          )}
        </section>
        <section class="ws-stack">
          <h3>{t("Display")}</h3>
          <Choice
            name="keys"
            label={t("Single-key shortcuts")}
            options={[
              ["", t("On")],
              ["alt", t("With Alt")],
              ["off", t("Off")],
            ]}
          />
          <Choice
            name="theme"
            label={t("Theme")}
            options={[
              ["", t("As the system")],
              ["light", t("Light")],
              ["dark", t("Dark")],
            ]}
          />
          <Choice
            name="density"
            label={t("Density")}
            options={[
              ["", t("Comfortable")],
              ["compact", t("Compact")],
            ]}
          />
          <Choice
            name="fill"
            label={t("Marks in texts")}
            options={[
              ["", t("Tinted")],
              ["none", t("Underlined only")],
              ["strong", t("Strongly tinted")],
            ]}
          />
          {!work.config.practice && (
            <p>
              <a href={work.config.pages.practice}>{t("Practice project")}</a>
              <br />
              <a href={work.config.pages.receipts}>{t("Your receipts")}</a>
            </p>
          )}
        </section>
      </div>
      <div class="ws-dialog-end">
        <button class="button button-primary" type="button" onClick={close}>
          {t("Close")}
        </button>
      </div>
    </Dialog>
  );
}

function KeyRow({ command, say }: { command: Command; say(text: string): void }) {
  const printed = keys.printed(command.id);
  const chord = command.chord && `Ctrl+${command.chord.replace("shift+", "Shift+").replace(/\w+$/, capital)}`;
  const take = (event: KeyboardEvent) => {
    if (["Tab", "Shift", "Control", "Alt", "Meta", "Escape", "Enter", " "].includes(event.key)) return;
    event.preventDefault();
    event.stopPropagation();
    const key = event.key.length === 1 ? event.key.toUpperCase() : event.key;
    const holder = keys.remap(command.id, key);
    say(holder ? t("{key} is taken by “{what}”.", { key, what: holder.label }) : "");
  };
  return (
    <>
      <dt>
        {command.fixed || !command.key ? (
          (printed || chord) && <kbd>{printed || chord}</kbd>
        ) : (
          <button
            class="ws-key"
            type="button"
            onKeyDown={take}
            aria-label={t("Key of “{what}”: {key}. Press another key to change it.", {
              what: command.label,
              key: printed || t("none"),
            })}
          >
            <kbd>{printed || "–"}</kbd>
          </button>
        )}
      </dt>
      <dd>
        {command.label}
        {chord && command.key && <kbd class="ws-chord">{chord}</kbd>}
      </dd>
    </>
  );
}

type ChoiceProps = {
  name: "keys" | "theme" | "density" | "fill";
  label: string;
  options: [string, string][];
};

/** Kept in this browser under the names that all pages share. */
function Choice({ name, label, options }: ChoiceProps) {
  const root = document.documentElement;
  const choose = (value: string) => {
    if (value) root.dataset[name] = value;
    else delete root.dataset[name];
    try {
      if (value) localStorage.setItem(`ringfence.${name}`, value);
      else localStorage.removeItem(`ringfence.${name}`);
    } catch {
      // Without storage the choice lasts for this page.
    }
  };
  return (
    <label class="field">
      <span class="label">{label}</span>
      <select defaultValue={root.dataset[name] ?? ""} onChange={(event) => choose(event.currentTarget.value)}>
        {options.map(([value, text]) => (
          <option value={value} selected={value === (root.dataset[name] ?? "")} key={value}>
            {text}
          </option>
        ))}
      </select>
    </label>
  );
}

function unique(commands: readonly Command[]): Command[] {
  const seen = new Map<string, Command>();
  for (const command of commands) if (!seen.has(command.id)) seen.set(command.id, command);
  return [...seen.values()].sort((one, other) => rank(one) - rank(other));
}

function rank({ group }: Command): number {
  return ["answer", "task", "view"].indexOf(group);
}

function capital(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}
