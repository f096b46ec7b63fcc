/**
 * What a promise gives, when it does so in `ms` milliseconds; what `late` gives, or throws, otherwise. The promise is
 * not stopped by that: how it ends later is nobody's concern any more.
 */
export async function within<T, Late>(
  promise: Promise<T>,
  { ms, late }: { ms: number; late: () => Late },
): Promise<T | Late> {
  const { promise: over, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, ms);
  try {
    return await Promise.race([promise, over.then(late)]);
  } finally {
    clearTimeout(timer);
  }
}
