import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { queryClient, useSession } from "@/base/session.ts";
import { today } from "@/base/time.ts";
import { problemText } from "@/record/use.ts";
import { Button } from "@/ui/basics.tsx";
import { Icon } from "@/ui/icon.tsx";
import { toast } from "@/ui/layer.tsx";
import { t } from "./first_run_texts.ts";
import { hasSamples, putSamples, removeSamples, samplesOf } from "./sample.ts";

/* In, or out again: one tap either way. */
export function Samples() {
  const session = useSession();
  const samples = samplesOf(session);
  const found = useQuery({ queryKey: ["samples"], queryFn: () => hasSamples(samples), retry: false });
  const [count, setCount] = useState<number | null>(null);
  const run = async (act: () => Promise<void>, text: string) => {
    setCount(0);
    try {
      await act();
      toast(text);
    } catch (error) {
      toast(problemText(error), { isBad: true });
    }
    setCount(null);
    void queryClient.invalidateQueries();
  };
  if (samples.length === 0) return <p className="meta">{t("sample_none")}</p>;
  if (!found.isSuccess) return null;
  return found.data ? (
    <div className="rowline"><Icon name="check" size={16} /><span className="grow">{t("sample_in")}</span>
      <Button icon="trash" disabled={count !== null} onClick={() => void run(() => removeSamples(samples), t("sample_gone"))}>{t("sample_remove")}</Button></div>
  ) : (
    <div><Button icon="plus" disabled={count !== null} onClick={() => void run(() => putSamples(samples, today(), setCount), t("sample_in"))}>
      {count === null ? t("sample_yes", { n: samples.length }) : `${count} / ${samples.length}`}</Button></div>
  );
}
