import type { Template } from '../enrolments/template.ts';
import type { TemplateReader } from '../enrolments/template-store.ts';
import { SealwrightError } from '../kernel/sealwright-error.ts';
import type { Caller } from './registry.ts';

/** The caller's template of this name; another organization's is not found either. */
export async function findTemplate(
  deps: { readonly templates: TemplateReader },
  input: Caller & { readonly name: string },
): Promise<Template> {
  const template = await deps.templates.findByName(input.organizationId, input.name);
  if (template !== null) return template;
  throw new SealwrightError('template-not-found', 'There is no template of this name.');
}
