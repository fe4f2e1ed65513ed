import { create } from "zustand";
import { t } from "./texts.ts";

/* A question that must be answered before going on: `if (!(await ask({…}))) return;` (drawn by ask.tsx). */
export interface Question {
  title: string;
  text: string;
  yes: string;
  no?: string;
  isDanger?: boolean;
  answer: (is: boolean) => void;
}

export const useQuestion = create<{ question: Question | null }>(() => ({ question: null }));

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

/* What was typed is not thrown away by a key that slipped: the same words wherever something is filled in. */
export function askLeave(): Promise<boolean> {
  return ask({ title: t("leave_title"), text: t("leave_text"), yes: t("leave_yes"), no: t("leave_no"), isDanger: true });
}
