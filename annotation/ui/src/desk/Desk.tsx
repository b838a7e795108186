/** The whole desk: bar above, item and panel, bar below, dialogs on top. */
import { useLayoutEffect, useMemo } from "preact/hooks";
import { keys } from "../core/keys";
import { t } from "../core/words";
import { GuideProvider } from "../parts/guide";
import { AnswerBar } from "./AnswerBar";
import { deskCommands } from "./commands";
import { DeskProvider, View } from "./context";
import { Dialogs } from "./Dialogs";
import { Document } from "./Document";
import { Card } from "./Empty";
import { guideOf } from "./guide";
import { SidePanel } from "./SidePanel";
import { Toast } from "./Toast";
import { TopBar } from "./TopBar";
import type { Work } from "./work";

export function Desk({ work }: { work: Work }) {
  const desk = useMemo(() => ({ work, view: new View() }), [work]);
  const guide = useMemo(() => guideOf(desk), [desk]);
  // Before the first paint: buttons have their keys from the beginning.
  useLayoutEffect(() => {
    const away = keys.provide(deskCommands(desk));
    const deaf = keys.listen(document);
    return () => {
      away();
      deaf();
    };
  }, [desk]);
  const failed = work.failed.value;
  if (failed) {
    return (
      <div class="ws-failed">
        <Card
          title={
            failed.kind === "dark" ? t("This workspace is dark") : t("This project cannot be opened now")
          }
          text={failed.message || t("The server did not answer. Nothing is lost.")}
          again={() => location.reload()}
        />
      </div>
    );
  }
  return (
    <DeskProvider value={desk}>
      <GuideProvider value={guide}>
        <div class="ws">
          <TopBar />
          <div class="ws-body">
            <Document />
            <SidePanel />
          </div>
          <AnswerBar />
          <Toast />
          <Dialogs />
        </div>
      </GuideProvider>
    </DeskProvider>
  );
}
