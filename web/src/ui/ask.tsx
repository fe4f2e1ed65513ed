import { create } from "zustand";
import { Button } from "./basics.tsx";
import { Dialog } from "./layer.tsx";
import { t } from "./texts.ts";

/* A question that must be answered before going on: `if (!(await ask({…}))) return;` */
interface Question {
  title: string;
  text: string;
  yes: string;
  no?: string;
  isDanger?: boolean;
  answer: (is: boolean) => void;
}

const useQuestion = create<{ question: Question | null }>(() => ({ question: null }));

export function ask(question: Omit<Question, "answer">): Promise<boolean> {
  return new Promise((resolve) => {
    useQuestion.getState().question?.answer(false);
    useQuestion.setState({
      question: {
        ...question,
        answer: (is) => {
          useQuestion.setState({ question: null });
          resolve(is);
        },
      },
    });
  });
}

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
