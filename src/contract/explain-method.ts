// Ways to see what a model goes by.
export const EXPLAIN_METHODS = ['integrated_gradients', 'grad_cam', 'occlusion', 'nearest_examples', 'permutation_importance'] as const;
export type ExplainMethod = (typeof EXPLAIN_METHODS)[number];

/** Between features of two examples: 1 − cos of the angle between them, or the length of their difference. */
export const DISTANCES = ['cosine', 'euclidean'] as const;
export type Distance = (typeof DISTANCES)[number];
