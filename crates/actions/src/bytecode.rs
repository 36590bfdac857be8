//! The one place with `unsafe`: the engine reads bytecode without looking at it, so whoever calls it vouches for
//! the bytes. [`Bytecode`] can only be made here, from source, by the engine that reads it again.
#![expect(unsafe_code, reason = "the engine's functions for bytecode are unsafe, and there is no safe twin")]

use std::collections::HashMap;
use std::ffi::CString;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rquickjs::{Ctx, Error, Function, Result, Value, qjs};

/// The compiled form of a script, good for any context of this process.
pub(crate) struct Bytecode(Vec<u8>);

impl Bytecode {
    /// Compiles a script, without running it. It is no module, so the code may be as sloppy as it was at Auth0.
    pub(crate) fn compile(ctx: &Ctx<'_>, name: &str, source: &str) -> Result<Self> {
        let length = source.len();
        let (source, name) = (CString::new(source)?, CString::new(name)?);
        let raw = ctx.as_raw().as_ptr();
        let flags = qjs::JS_EVAL_TYPE_GLOBAL | qjs::JS_EVAL_FLAG_COMPILE_ONLY;
        let mut size = 0;
        // SAFETY: the context is alive as long as `ctx`; both texts end in NUL and outlive the call; the value is
        // freed once; the buffer is the engine's, of `size` bytes, and is freed once after it was copied.
        unsafe {
            let value = qjs::JS_Eval(raw, source.as_ptr(), length as _, name.as_ptr(), flags as _);
            if qjs::JS_IsException(value) {
                return Err(Error::Exception);
            }
            let flags = qjs::JS_WRITE_OBJ_BYTECODE | qjs::JS_WRITE_OBJ_STRIP_SOURCE;
            let buffer = qjs::JS_WriteObject(raw, &raw mut size, value, flags as _);
            qjs::JS_FreeValue(raw, value);
            if buffer.is_null() {
                return Err(Error::Exception);
            }
            let bytes = std::slice::from_raw_parts(buffer, size as usize).to_vec();
            qjs::js_free(raw, buffer.cast());
            Ok(Self(bytes))
        }
    }

    /// Runs the script, whose value is a function.
    pub(crate) fn load<'js>(&self, ctx: &Ctx<'js>) -> Result<Function<'js>> {
        let raw = ctx.as_raw().as_ptr();
        // SAFETY: the bytes are unchanged since the engine of this process wrote them, and it copies what it
        // keeps; `JS_EvalFunction` frees what it is given; its result is owned by the value that is made of it.
        let value = unsafe {
            let flags = qjs::JS_READ_OBJ_BYTECODE;
            let script = qjs::JS_ReadObject(raw, self.0.as_ptr(), self.0.len() as _, flags as _);
            if qjs::JS_IsException(script) {
                return Err(Error::Exception);
            }
            let value = qjs::JS_EvalFunction(raw, script);
            if qjs::JS_IsException(value) {
                return Err(Error::Exception);
            }
            Value::from_raw(ctx.clone(), value)
        };
        value.try_into_function().map_err(|_| Error::new_from_js("value", "function"))
    }
}

/// As many scripts are kept compiled.
const KEPT: usize = 64;

/// Compiled scripts by their names, each with the source that it is made of.
#[derive(Default)]
pub(crate) struct CodeCache(Mutex<Kept>);

type Kept = HashMap<String, (Arc<str>, Arc<Bytecode>)>;

impl CodeCache {
    /// The compiled form of `source`, made now if it is not there.
    pub(crate) fn find(&self, ctx: &Ctx<'_>, id: &str, source: &Arc<str>) -> Result<Arc<Bytecode>> {
        if let Some((_, code)) = self.lock().get(id).filter(|(known, _)| known == source) {
            return Ok(Arc::clone(code));
        }
        let code = Arc::new(Bytecode::compile(ctx, id, source)?);
        let mut kept = self.lock();
        if kept.len() >= KEPT && !kept.contains_key(id) {
            // Nobody binds so many; whichever goes is compiled again when it comes.
            let some = kept.keys().next().cloned();
            some.and_then(|some| kept.remove(&some));
        }
        kept.insert(id.to_owned(), (Arc::clone(source), Arc::clone(&code)));
        Ok(code)
    }

    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
