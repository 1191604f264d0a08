//! What nearly every program uses: `use mirrorhead::prelude::*`.

pub use crate::attention::{
    AttSvmOperator, AttentionWeights, Dataset, FactoredRisk, JointRisk, KeyQueryRisk, Loss,
    Planted, Risk, RiskError, Seed, SphereTokens, TokenScores, TokenSelection, gaussian_matrix,
    toy_pair,
};
pub use crate::kernels::{DenseRows, LinearOperator, LogScaled, Matrix, TokenBatch};
pub use crate::mirror::{
    Adam, Dual, ElasticNetPotential, Gradient, LinearClassRisk, LinearRisk, LpNorm, Memory, Method,
    MirrorDescent, Optimizer, Potential, PotentialOfEach, PowerPotential, Primal,
    SchattenPotential, SquaredNormPotential, Steepest, SteepestDescent, StepSize,
    bregman_divergence, directional_bregman, risk_of,
};
pub use crate::svm::{
    EqualityOutcome, EqualityProblem, FarkasCertificate, HardMarginProblem, LpClassifier,
    MarginInterval, MaxMargin, NoMaxMargin, Norm, Outcome, SchattenProblem, SoftMarginProblem,
    SparseRows, SvmSettings, solve, solve_from, solve_schatten, solve_soft, solve_with_equalities,
    solve_with_intercept,
};
pub use crate::trainer::{
    Certification, CertifySettings, CheckpointEvery, FlowSettings, FlowState, FlowStop, Observer,
    PathSettings, StopReason, StoppingRule, TokenOptimality, Trace, TrainingState, as_key_query,
    certify, load_checkpoint, max_margin_decoder, max_margin_key_query, mirror_flow,
    regularization_path, support_tokens, train, train_factored, train_joint, train_key_query,
};
