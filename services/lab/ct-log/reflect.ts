// The three Reflect functions that tsyringe, and so @peculiar/x509, asks for when it is loaded. Import this file before that package.

type Key = string | symbol;
type MetadataReflect = typeof Reflect & {
  defineMetadata?: (key: Key, value: unknown, target: object) => void;
  getOwnMetadata?: (key: Key, target: object) => unknown;
  getMetadata?: (key: Key, target: object) => unknown;
};

const reflect: MetadataReflect = Reflect;

// A real polyfill that was loaded first stays in charge.
if (reflect.getMetadata === undefined) {
  const metadata = new WeakMap<object, Map<Key, unknown>>();
  reflect.defineMetadata = (key, value, target) => {
    let own = metadata.get(target);
    if (own === undefined) {
      own = new Map();
      metadata.set(target, own);
    }
    own.set(key, value);
  };
  reflect.getOwnMetadata = (key, target) => metadata.get(target)?.get(key);
  reflect.getMetadata = (key, target) => {
    for (let at: object | null = target; at !== null; at = Object.getPrototypeOf(at) as object | null) {
      const own = metadata.get(at);
      if (own?.has(key)) return own.get(key);
    }
    return undefined;
  };
}
