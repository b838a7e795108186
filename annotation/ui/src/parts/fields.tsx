/** The item in the document: each field as the schema shows it. Further ways of showing are one entry in `SHOWN`. */
import type { ComponentType } from "preact";
import type { Json, ShownAs } from "../core/types";

export type FieldProps = { name: string; value: Json };

/** Plain, exact: white space stays, nothing is interpreted. */
function PlainText({ value }: FieldProps) {
  return (
    <p class="field-text" dir="auto">
      {typeof value === "string" ? value : JSON.stringify(value, null, 2)}
    </p>
  );
}

const SHOWN: Partial<Record<ShownAs, ComponentType<FieldProps>>> = { text: PlainText };

export function FieldView({ shown, ...props }: FieldProps & { shown: ShownAs }) {
  const View = SHOWN[shown] ?? PlainText;
  return <View {...props} />;
}
