/** One button of a radio group or of check boxes: a native input under a label, its key printed. */
import { Key, shortcut } from "./commands";
import { useAbout } from "./guide";

type OptionProps = {
  type: "radio" | "checkbox";
  name: string;
  value: string;
  text: string;
  checked: boolean;
  onPick(): void;
  command: string;
  printed: string;
  active: boolean;
  disabled?: boolean;
  className?: string;
  /** What is read out where it says more than `text`. */
  label?: string | undefined;
  /** What the guidelines may have a heading for. */
  about?: string | undefined;
};

export function OptionButton(props: OptionProps) {
  const { type, name, value, text, checked, onPick, command, printed, active, disabled, className } = props;
  const { label, about } = props;
  const told = useAbout()(about ?? "");
  const button = (
    <label class={`option ${className ?? ""}`}>
      <input
        type={type}
        name={name}
        value={value}
        checked={checked}
        disabled={disabled}
        aria-label={label}
        aria-keyshortcuts={shortcut(command, active)}
        // A click, not a change: a radio that is on already tells nothing else when it is pressed again.
        onClick={onPick}
      />
      <span class="option-text" dir="auto">
        {text}
      </span>
      <Key of={command} own={printed} active={active} />
    </label>
  );
  if (!told) return button;
  return (
    <span class="with-about">
      {button}
      {told}
    </span>
  );
}
