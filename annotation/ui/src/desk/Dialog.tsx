/** A native dialog: modal, labelled by its heading, closed by Escape unless it waits for a choice. */
import type { ComponentChildren } from "preact";
import { useEffect, useId, useRef } from "preact/hooks";

type Props = {
  title: string;
  children: ComponentChildren;
  /** Without it the dialog stays until one of its buttons was used. */
  onClose?: (() => void) | undefined;
  wide?: boolean;
};

export function Dialog({ title, children, onClose, wide = false }: Props) {
  const box = useRef<HTMLDialogElement>(null);
  const id = useId();
  useEffect(() => {
    const dialog = box.current;
    const before = document.activeElement;
    if (dialog && !dialog.open) {
      dialog.showModal();
      // On the whole, not on the first button: what is asked is read before Enter answers it.
      if (!dialog.querySelector("[autofocus]")) dialog.focus();
    }
    return () => {
      dialog?.close();
      if (before instanceof HTMLElement && before.isConnected) before.focus();
    };
  }, []);
  return (
    <dialog
      ref={box}
      tabIndex={-1}
      class={wide ? "ws-dialog ws-dialog-wide" : "ws-dialog"}
      aria-labelledby={id}
      onCancel={(event) => {
        event.preventDefault();
        onClose?.();
      }}
      onKeyDown={(event) => {
        // A second Escape closes any dialog unless it is stopped here.
        if (event.key === "Escape" && !onClose) event.preventDefault();
      }}
    >
      <h2 id={id}>{title}</h2>
      {children}
    </dialog>
  );
}
