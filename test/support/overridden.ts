/** The same object, but for these of its methods; what it calls of itself it finds there too. */
export const overridden = <T extends object>(original: T, methods: Partial<T>): T => Object.assign(Object.create(original) as T, methods);
