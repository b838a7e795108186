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
  /** The text where there is room for more words. */
  wide?: string | undefined;
  /** What is read out, and shown to a pointer, where it says more than `text`. */
  label?: string | undefined;
  /** What the guidelines may have a heading for. */
  about?: string | undefined;
};

export function OptionButton(props: OptionProps) {
  const { type, name, value, text, wide, checked, onPick, command, printed, active, disabled } = props;
  const { className, label, about } = props;
  const told = useAbout()(about ?? "");
  const button = (
    <label class={`option ${className ?? ""}`} title={label}>
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
        {wide ? (
          <>
            <span class="option-short">{text}</span>
            <span class="option-wide">{wide}</span>
          </>
        ) : (
          text
        )}
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
