// Base models that are known by a name, and brought from where they are published when one is first wanted.
import Type, { type Static } from './typebox.js';
import { ModelId } from './ids.js';
import { ModelImportForm } from './model.js';
import { closed, DisplayName, oneOf, Sha256 } from './schema.js';

export const BaseModelName = Type.String({ pattern: '^[a-z][a-z0-9._-]{0,63}$', examples: ['mobilenet_v2_035_224'] });

const entry = {
  id: BaseModelName,
  name: DisplayName,
  url: Type.String({ minLength: 1, maxLength: 2048, description: 'Where it is published: of the same forms as in POST /v1/models/imports.' }),
  sha256: Type.Union([Sha256, Type.Null()], { description: 'What its digest must be; null where that is not known here: the first that comes is held to from then on.' }),
  origin: Type.String({ maxLength: 512, description: 'Who says that it lies there.' }),
  licence: Type.String({ maxLength: 128 }),
  input_shape: ModelImportForm.properties.input_shape,
  input_range: ModelImportForm.properties.input_range,
  labels: ModelImportForm.properties.labels,
  cut: Type.Union([Type.String({ maxLength: 64 }), Type.Null()], { description: 'The layer whose output its publishers take for features, a good `cut` of a feature transfer.' }),
};

/** One of the file of such models. */
export const CatalogueEntry = closed(entry);
export type CatalogueEntry = Static<typeof CatalogueEntry>;

/** The file that CATALOGUE_FILE names. */
export const CatalogueFile = closed({ base_models: Type.Array(CatalogueEntry, { maxItems: 1000 }) });
export type CatalogueFile = Static<typeof CatalogueFile>;

/** The same with what has become of it here. */
export const CatalogueModel = closed(
  {
    ...entry,
    object: Type.Literal('catalogue_model'),
    sha256: Type.Union([Sha256, Type.Null()], { description: 'What its digest must be: pinned, or recorded when it first came; null until then.' }),
    status: oneOf(['absent', 'importing', 'ready', 'invalid'], { description: 'absent: it is brought when it is first wanted.' }),
    model: Type.Union([ModelId, Type.Null()], { description: 'The model that it is here; null while it is absent.' }),
  },
  { $id: 'CatalogueModel', title: 'CatalogueModel' },
);
export type CatalogueModel = Static<typeof CatalogueModel>;

/** The form of `POST /v1/models/imports` that brings one of them. */
export const CatalogueRequest = closed({ catalogue: Type.String({ maxLength: 128, description: 'Id of a base model of GET /v1/models/catalogue.' }) });
export type CatalogueRequest = Static<typeof CatalogueRequest>;
