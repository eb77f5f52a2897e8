// All kinds of hosts, one list per theme.
import { API_RECIPES } from './apiservers.ts';
import { HOSTILE_RECIPES } from './hostile.ts';
import { LOOKALIKE_RECIPES } from './lookalikes.ts';
import { NODE_RECIPES } from './nodes.ts';
import type { Recipe } from './recipe.ts';

export const RECIPES: readonly Recipe[] = [...API_RECIPES, ...NODE_RECIPES, ...LOOKALIKE_RECIPES, ...HOSTILE_RECIPES];
