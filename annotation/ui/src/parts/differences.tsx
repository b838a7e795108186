/** What differs between two texts, with signs beside the colours. */
import { useEffect, useState } from "preact/hooks";
import type { Change } from "../engines/markdown/diff";
import { t } from "../core/words";

export function Differences({ before, after }: { before: string; after: string }) {
  const [found, setFound] = useState<readonly Change[] | null>(null);
  useEffect(() => {
    let wanted = true;
    void import("../engines/markdown/diff").then(({ changes }) => wanted && setFound(changes(before, after)));
    return () => {
      wanted = false;
    };
  }, [before, after]);
  if (found === null) return <p class="help">{t("Comparing …")}</p>;
  if (before === after) return <p class="help">{t("No difference.")}</p>;
  return (
    <div class="exact diff" dir="auto">
      {found.map(({ kind, text }, n) =>
        kind === "added" ? (
          <ins key={n}>{text}</ins>
        ) : kind === "removed" ? (
          <del key={n}>{text}</del>
        ) : (
          <span key={n}>{text}</span>
        ),
      )}
    </div>
  );
}
