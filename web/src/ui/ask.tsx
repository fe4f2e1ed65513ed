import { Button } from "./basics.tsx";
import { Dialog } from "./layer.tsx";
import { useQuestion } from "./question.ts";
import { t } from "./texts.ts";

export { ask } from "./question.ts";

export function Asking() {
  const question = useQuestion((state) => state.question);
  if (!question) return null;
  return (
    <Dialog title={question.title} onClose={() => question.answer(false)}
      footer={<>
        <Button onClick={() => question.answer(false)}>{question.no ?? t("cancel")}</Button>
        <Button kind={question.isDanger ? "danger" : "primary"} onClick={() => question.answer(true)}>{question.yes}</Button>
      </>}>
      <div className="body"><p>{question.text}</p></div>
    </Dialog>
  );
}
