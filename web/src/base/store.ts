/*
 * What this device keeps, in IndexedDB: answers seen (seen.ts) and records that wait to be sent
 * (pending.ts). A browser without it, or one that refuses, only means that nothing is kept: reads
 * give nothing, and a write says false.
 */
export type StoreName = "seen" | "queue";

const NAME = "leadline";
let opening: Promise<IDBDatabase | null> | null = null;

function open(): Promise<IDBDatabase | null> {
  opening ??= new Promise((resolve) => {
    if (typeof indexedDB === "undefined") return resolve(null);
    const request = indexedDB.open(NAME, 1);
    request.onupgradeneeded = () => {
      request.result.createObjectStore("seen", { keyPath: "key" }).createIndex("at", "at");
      request.result.createObjectStore("queue", { keyPath: "id" });
    };
    request.onsuccess = () => {
      /* Another tab with a newer version of the app must not wait for this one. */
      request.result.onversionchange = () => {
        request.result.close();
        opening = null;
      };
      resolve(request.result);
    };
    request.onerror = () => resolve(null);
    request.onblocked = () => resolve(null);
  });
  return opening;
}

async function run<T>(name: StoreName, mode: IDBTransactionMode, work: (store: IDBObjectStore) => IDBRequest<T> | void): Promise<{ ok: boolean; value?: T }> {
  const db = await open();
  if (!db) return { ok: false };
  return new Promise((resolve) => {
    try {
      const transaction = db.transaction(name, mode);
      const request = work(transaction.objectStore(name));
      transaction.oncomplete = () => resolve({ ok: true, value: request?.result });
      transaction.onerror = () => resolve({ ok: false });
      transaction.onabort = () => resolve({ ok: false });
    } catch {
      resolve({ ok: false });
    }
  });
}

export async function storeGet<T>(name: StoreName, key: string): Promise<T | undefined> {
  return (await run<T>(name, "readonly", (store) => store.get(key) as IDBRequest<T>)).value;
}

/* All whose key begins with prefix. */
export async function storeList<T>(name: StoreName, prefix = ""): Promise<T[]> {
  const range = prefix ? IDBKeyRange.bound(prefix, `${prefix}\uffff`) : undefined;
  return (await run<T[]>(name, "readonly", (store) => store.getAll(range) as IDBRequest<T[]>)).value ?? [];
}

export async function storePut(name: StoreName, value: object): Promise<boolean> {
  return (await run(name, "readwrite", (store) => store.put(value))).ok;
}

export async function storeDelete(name: StoreName, key: string): Promise<boolean> {
  return (await run(name, "readwrite", (store) => store.delete(key))).ok;
}

export async function storeClear(name: StoreName): Promise<boolean> {
  return (await run(name, "readwrite", (store) => store.clear())).ok;
}

/* Leaves the newest by "at". */
export async function storePrune(name: StoreName, countMax: number): Promise<void> {
  await run(name, "readwrite", (store) => {
    const counting = store.count();
    counting.onsuccess = () => {
      let rest = counting.result - countMax;
      if (rest <= 0) return;
      store.index("at").openCursor().onsuccess = (event) => {
        const cursor = (event.target as IDBRequest<IDBCursorWithValue | null>).result;
        if (!cursor || rest <= 0) return;
        rest -= 1;
        cursor.delete();
        cursor.continue();
      };
    };
  });
}
