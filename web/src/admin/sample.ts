import { api, ApiError, request } from "@/base/api.ts";
import { addDays } from "@/base/time.ts";
import type { Session } from "@/base/session.ts";
import { tr } from "@/base/i18n.ts";
import type { Label, Value } from "@/base/types.ts";

/*
 * The app's few records to try things with. They have ids of their own, so that they are found again
 * and taken away whatever became of them. A value "+30d" is a day from today on, one with "zh" and
 * "en" a text in the language of who asks for them.
 */
export interface SampleRecord {
  object: string;
  id: string;
  values: Record<string, Value | Label>;
}

const path = ({ object, id }: SampleRecord) => `/records/${object}/${id}`;
const isMissing = (error: unknown) => error instanceof ApiError && error.status === 404;

export const samplesOf = (session: Session): SampleRecord[] => (session.app.sample ?? []).filter(({ object }) => session.objects.has(object));

export function dayFrom(today: string, value: Value): Value {
  const days = typeof value === "string" ? /^([+-]\d+)d$/.exec(value) : null;
  return days ? addDays(today, Number(days[1])) : value;
}

function isLabel(value: Value | Label): value is Label {
  return typeof value === "object" && value !== null && "zh" in value && "en" in value;
}

export function valueFrom(today: string, value: Value | Label): Value {
  return isLabel(value) ? tr(value) : dayFrom(today, value);
}

export async function hasSamples(samples: SampleRecord[]): Promise<boolean> {
  if (!samples[0]) return false;
  return request(path(samples[0])).then(() => true, (error: unknown) => { if (isMissing(error)) return false; throw error; });
}

/* In the app's order: what others refer to comes first. One that was taken away comes back. */
export async function putSamples(samples: SampleRecord[], today: string, onDone: (count: number) => void) {
  for (const [i, sample] of samples.entries()) {
    const values = Object.fromEntries(Object.entries(sample.values).map(([name, value]) => [name, valueFrom(today, value)]));
    await request(`${path(sample)}/restore`, { method: "POST", body: {} }).catch(async (error: unknown) => {
      if (!isMissing(error)) throw error;
      await api.create(sample.object, { id: sample.id, ...values });
    });
    onDone(i + 1);
  }
}

export async function removeSamples(samples: SampleRecord[]) {
  for (const sample of [...samples].reverse()) {
    await request(path(sample), { method: "DELETE" }).catch((error: unknown) => { if (!isMissing(error)) throw error; });
  }
}
