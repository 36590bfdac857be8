// lib/auth0.js of a Next.js app; proxy.js is: export const proxy = (request) => auth0.middleware(request);
import { Auth0Client } from '@auth0/nextjs-auth0/server';

export const auth0 = new Auth0Client();
